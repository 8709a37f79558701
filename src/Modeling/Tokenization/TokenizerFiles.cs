namespace MLNetAttn.Modeling;

/// <summary>The files of a tokenizer, as bytes, so that saving writes what was read.</summary>
internal sealed class TokenizerFiles
{
    public const string Definition = "tokenizer.json";
    public const string Config = "tokenizer_config.json";
    public const string ChatTemplate = "chat_template.jinja";

    private readonly Dictionary<string, byte[]> _files = [];

    private TokenizerFiles(string location) => Location = location;

    public string Location { get; }

    /// <exception cref="FileNotFoundException">The checkpoint has no tokenizer.json.</exception>
    public static TokenizerFiles Read(ICheckpointSource source)
    {
        if (!source.Exists(Definition))
            throw new FileNotFoundException(
                $"'{source.Location}' has no {Definition}; expected a Hugging Face folder with a fast tokenizer.", CheckpointFiles.Locate(source, Definition));
        TokenizerFiles files = new(source.Location);
        foreach (string file in (string[])[Definition, Config, ChatTemplate])
            if (source.Exists(file))
                files._files[file] = CheckpointFiles.ReadSmall(source, file);
        return files;
    }

    public void Write(ICheckpointTarget target)
    {
        foreach ((string file, byte[] bytes) in _files)
        {
            using Stream stream = target.Create(file);
            stream.Write(bytes);
        }
    }

    /// <summary>A file's bytes, or null where it is absent.</summary>
    public byte[]? Find(string file) => _files.GetValueOrDefault(file);

    /// <summary>How a file is named in messages.</summary>
    public string PathOf(string file) => Path.Combine(Location, file);
}
