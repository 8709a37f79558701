namespace MLNetAttn.Cli.Tests;

public sealed class VariantNamesTests
{
    [Theory]
    [InlineData("/r/before.jsonl /r/after.jsonl", "before after")]
    [InlineData("/r/full/samples.jsonl /r/two/samples.jsonl", "full/samples two/samples")]
    [InlineData("/r/full/out/samples.jsonl /r/two/out/samples.jsonl", "full/out/samples two/out/samples")]
    [InlineData("/r/a.jsonl /r/x/b.jsonl /r/y/b.jsonl", "a x/b y/b")]
    [InlineData("/samples.jsonl /r/samples.jsonl", "/samples r/samples")]
    [InlineData("/r/rows.json /r/rows.jsonl", "rows.json rows.jsonl")]
    [InlineData("/r/v1.0/rows.jsonl /r/v1.1/rows.jsonl", "v1.0/rows v1.1/rows")]
    [InlineData("/r/rows.jsonl /r/rows.jsonl", "rows|rows (2)")]
    public void Files_are_told_apart_by_the_shortest_end_of_their_paths(string paths, string names) =>
        VariantNames.Of(paths.Split(' ')).Should().Equal(names.Split(names.Contains('|') ? '|' : ' '));
}
