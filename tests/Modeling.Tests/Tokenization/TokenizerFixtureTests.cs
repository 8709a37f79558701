namespace MLNetAttn.Modeling.Tests;

/// <summary>The golden comparisons on a few cases that lie in the repository.</summary>
public sealed class TokenizerFixtureTests
{
    private static readonly string Folder = Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures");

    public static IEnumerable<TheoryDataRow<string>> Names => Directory
        .GetDirectories(Folder)
        .Order(StringComparer.Ordinal)
        .Select(folder => new TheoryDataRow<string>(Path.GetFileName(folder)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Encoding_gives_the_reference_ids_tokens_and_offsets(string name) => Check(name, TokenizerCases.CheckEncoding);

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoding_gives_the_reference_text(string name) => Check(name, TokenizerCases.CheckDecoding);

    [Theory]
    [MemberData(nameof(Names))]
    public void Streaming_gives_out_the_reference_text_step_by_step(string name) => Check(name, TokenizerCases.CheckStreaming);

    [Theory]
    [MemberData(nameof(Names))]
    public void Saving_writes_the_very_files_that_were_read(string name)
    {
        using TemporaryFolder saved = new();
        using (FolderTarget target = new(saved.Path))
        {
            Tokenizer.FromPretrained(Path.Combine(Folder, name)).SavePretrained(target);
            target.Commit();
        }
        foreach (string file in Directory.GetFiles(Path.Combine(Folder, name)))
            File.ReadAllBytes(saved.File(Path.GetFileName(file))).Should().Equal(File.ReadAllBytes(file));
    }

    private static void Check(string name, Action<Tokenizer, string> check) =>
        check(Tokenizer.FromPretrained(Path.Combine(Folder, name)), Path.Combine(Folder, $"{name}.cases.jsonl"));
}
