namespace MLNetAttn.Cli.Tests;

public sealed class ShownRowsTests
{
    [Theory]
    [InlineData("""{"step":7}""", 3, "1 5 9")]
    [InlineData("""{"step":7}""", 1, "1")]
    [InlineData("""{"step":7}""", 9, "1 2 3 4 5 6 7 8 9")]
    [InlineData("""{"id":7}""", 3, "1 2 3")]
    [InlineData("no json", 3, "1 2 3")]
    public void Rows_of_a_run_are_from_all_over_it_and_others_the_first(string row, int most, string shown)
    {
        using var reader = new StringReader(string.Concat(Enumerable.Repeat(row + "\n", 9)));
        ShownRows rows = ShownRows.Of(reader, most);
        rows.Count.Should().Be(9);
        string.Join(' ', rows.Lines.Select(line => line.Number)).Should().Be(shown);
    }
}
