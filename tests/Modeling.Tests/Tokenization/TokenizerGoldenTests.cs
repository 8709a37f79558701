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

    private static void Check(string name, Action<Tokenizer, string> check) => check(
        Tokenizer.FromPretrained(Golden.RequireTokenizer(name.Replace(".cases", "", StringComparison.Ordinal))), Golden.Require("tokenizers", $"{name}.jsonl"));
}
