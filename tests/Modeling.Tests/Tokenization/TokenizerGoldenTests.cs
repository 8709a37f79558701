namespace MLNetAttn.Modeling.Tests;

/// <summary>Ids, tokens, offsets and texts equal those of Hugging Face's tokenizers, for every case of every golden tokenizer.</summary>
public sealed class TokenizerGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Cases => Golden.Files("tokenizers", "*.cases.jsonl");

    [Theory]
    [MemberData(nameof(Cases))]
    public void Encoding_gives_the_reference_ids_tokens_and_offsets(string name) => Check(name, TokenizerCases.CheckEncoding);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decoding_gives_the_reference_text(string name) => Check(name, TokenizerCases.CheckDecoding);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Streaming_gives_out_the_reference_text_step_by_step(string name) => Check(name, TokenizerCases.CheckStreaming);

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_text_streamer_of_transformers_prints_the_same_on_our_decoding(string name) => Check(name, TokenizerCases.CheckTextStreamer);

    private static void Check(string name, Action<Tokenizer, string> check)
    {
        string path = Golden.Require("tokenizers", $"{name}.jsonl");
        check(Load(path), path);
    }

    /// <summary>The tokenizer of a case file: the folder beside it, or one among the models.</summary>
    private static Tokenizer Load(string casesPath)
    {
        string name = Path.GetFileName(casesPath).Replace(".cases.jsonl", "", StringComparison.Ordinal);
        string folder = Path.GetDirectoryName(casesPath)!;
        string? found = new[] { Path.Combine(folder, name), Path.Combine(folder, "..", "..", "models", "tokenizers", name), Repository.Shared("models", "tokenizers", name) }
            .FirstOrDefault(candidate => candidate is not null && File.Exists(Path.Combine(candidate, Tokenizer.FileName)));
        Assert.SkipWhen(found is null, $"There is no tokenizer folder for '{name}', neither beside the cases nor in models/tokenizers.");
        return Tokenizer.FromPretrained(found!);
    }
}
