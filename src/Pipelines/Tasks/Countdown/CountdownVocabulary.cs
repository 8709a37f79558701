using System.Text.Encodings.Web;
using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>
/// The vocabulary of <see cref="CountdownFormat.SearchTrace"/>: special tokens, then the words and signs, then the numbers from 0 on. One token for each, so
/// that a token on a page means something to a reader.
/// </summary>
public sealed class CountdownVocabulary
{
    private const string Padding = "<pad>";
    private const string EndOfSequence = "<eos>";
    private const string Unknown = "<unk>";

    private static readonly string[] SpecialTokens = [Padding, EndOfSequence, Unknown];
    private static readonly string[] Words = ["numbers", "target", ":", "try", "=", ";", "no", "yes", ".", "answer", "stop", "(", ")", "+", "-", "*", "/"];

    // Signs stay readable in the files; nothing of them is ever put into HTML.
    private static readonly JsonWriterOptions Json = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A vocabulary with the numbers from 0 to <paramref name="largestNumber"/>.</summary>
    /// <param name="largestNumber">The largest number that is one token: <see cref="CountdownOptions.LargestResult"/>. Default 199; 1 to 1 000 000.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside this range.</exception>
    public CountdownVocabulary(int largestNumber = 199)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(largestNumber, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(largestNumber, 1_000_000);
        Tokens = [.. SpecialTokens, .. Words, .. Enumerable.Range(0, largestNumber + 1).Select(number => $"{number}")];
    }

    /// <summary>All tokens; a token's id is its index.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>The id of the token that fills up shorter rows of a batch.</summary>
    public int PadTokenId { get; } = Array.IndexOf(SpecialTokens, Padding);

    /// <summary>The id of the token that ends a response.</summary>
    public int EosTokenId { get; } = Array.IndexOf(SpecialTokens, EndOfSequence);

    /// <summary>
    /// Writes tokenizer.json and tokenizer_config.json as the Hugging Face tokenizers library reads them: a WordLevel model after splitting at white space;
    /// decoding joins tokens with one space. The same bytes every time.
    /// </summary>
    /// <param name="target">Takes the files.</param>
    /// <param name="maximumLength">The model_max_length of tokenizer_config.json: the longest sequence that the model takes, in tokens; 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximumLength"/> is below 1.</exception>
    public void SaveTokenizer(ICheckpointTarget target, int maximumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        Write(target, "tokenizer.json", WriteTokenizer);
        Write(target, "tokenizer_config.json", json => WriteConfiguration(json, maximumLength));
    }

    /// <summary>The tokenizer that <see cref="SaveTokenizer"/> writes, for a new model.</summary>
    /// <param name="maximumLength">The longest sequence that the model takes, in tokens; 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximumLength"/> is below 1.</exception>
    public Tokenizer CreateTokenizer(int maximumLength)
    {
        var files = new CheckpointInMemory();
        SaveTokenizer(files, maximumLength);
        return Tokenizer.FromPretrained(files);
    }

    private void WriteTokenizer(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < SpecialTokens.Length; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            WriteAddedToken(json, SpecialTokens[id]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNull("normalizer");
        json.WriteStartObject("pre_tokenizer");
        json.WriteString("type", "WhitespaceSplit");
        json.WriteEndObject();
        json.WriteNull("post_processor");
        json.WriteNull("decoder");
        json.WriteStartObject("model");
        json.WriteString("type", "WordLevel");
        json.WriteStartObject("vocab");
        for (int id = 0; id < Tokens.Count; id++)
            json.WriteNumber(Tokens[id], id);
        json.WriteEndObject();
        json.WriteString("unk_token", Unknown);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteConfiguration(Utf8JsonWriter json, int maximumLength)
    {
        json.WriteStartObject();
        json.WriteStartObject("added_tokens_decoder");
        for (int id = 0; id < SpecialTokens.Length; id++)
        {
            json.WriteStartObject($"{id}");
            WriteAddedToken(json, SpecialTokens[id]);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteBoolean("clean_up_tokenization_spaces", false);
        json.WriteString("eos_token", EndOfSequence);
        json.WriteNumber("model_max_length", maximumLength);
        json.WriteString("pad_token", Padding);
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        json.WriteString("unk_token", Unknown);
        json.WriteEndObject();
    }

    private static void WriteAddedToken(Utf8JsonWriter json, string content)
    {
        json.WriteString("content", content);
        json.WriteBoolean("single_word", false);
        json.WriteBoolean("lstrip", false);
        json.WriteBoolean("rstrip", false);
        json.WriteBoolean("normalized", false);
        json.WriteBoolean("special", true);
    }

    private static void Write(ICheckpointTarget target, string file, Action<Utf8JsonWriter> write)
    {
        using Stream stream = target.Create(file);
        using (var json = new Utf8JsonWriter(stream, Json))
            write(json);
        stream.WriteByte((byte)'\n');
    }

    private sealed class CheckpointInMemory : ICheckpointSource, ICheckpointTarget
    {
        private readonly Dictionary<string, MemoryStream> _files = [];

        public string Location => $"the {nameof(CountdownVocabulary)}";

        public bool Exists(string file) => _files.ContainsKey(file);

        public Stream Create(string file) => _files[file] = new MemoryStream();

        // A memory stream gives its bytes after it is disposed, too.
        public Stream OpenRead(string file) => new MemoryStream(_files[file].ToArray(), writable: false);
    }
}
