namespace MLNetAttn.Modeling;

/// <summary>The files of a tokenizer, as bytes, so that saving writes what was there: also those that other libraries read and this one does not.</summary>
internal sealed class TokenizerFiles
{
    public const string Definition = "tokenizer.json";
    public const string Config = "tokenizer_config.json";
    public const string SpecialTokensMap = "special_tokens_map.json";
    public const string ChatTemplate = "chat_template.jinja";

    /// <summary>The names of all of them.</summary>
    public static readonly string[] Names =
    [
        Definition, Config, ChatTemplate, SpecialTokensMap, "added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.json",
    ];

    private readonly Dictionary<string, byte[]> _files = [];

    private TokenizerFiles(string location) => Location = location;

    public string Location { get; }

    /// <summary>Those that a checkpoint has.</summary>
    public static TokenizerFiles Read(ICheckpointSource source)
    {
        TokenizerFiles files = new(source.Location);
        foreach (string file in Names)
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
