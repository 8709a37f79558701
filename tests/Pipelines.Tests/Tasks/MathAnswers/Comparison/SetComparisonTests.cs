namespace MLNetAttn.Pipelines;

public sealed class SetComparisonTests
{
    [Theory]
    [InlineData("\\{1,2\\}", "2,1")]
    [InlineData("\\{1,2\\}", "(2,1)")]
    [InlineData("1,2", "\\{2,1,2\\}")]
    [InlineData("(1,2,3)", "1,2,3")]
    [InlineData("(2,5)", "2,5")]
    [InlineData("5", "\\{5\\}")]
    [InlineData("\\{\\frac{1}{3},x^{2}\\}", "x\\cdot x,0.333333")]
    [InlineData("(1,2),(4,3)", "(4,3),(1,2)")]
    [InlineData("[0,1]", "[0,0.5]\\cup[0.5,1]")]
    [InlineData("(-\\infty,3]", "(-\\infty,3]\\cap\\mathbb{R}")]
    [InlineData("\\emptyset", "\\{\\}")]
    [InlineData("\\mathbb{Z}", "\\mathbb{Z}")]
    public void Equal(string gold, string answer) => Compare(gold, answer).Should().BeTrue();

    [Theory]
    [InlineData("(1,2,3)", "3,2,1")]
    [InlineData("(2,5)", "5,2")]
    [InlineData("(2,5)", "[2,5]")]
    [InlineData("\\{1,2\\}", "1,2,3")]
    [InlineData("1,2,3", "1,2")]
    [InlineData("[0,1]", "[0,1)")]
    [InlineData("5", "\\{5,6\\}")]
    [InlineData("\\mathbb{Z}", "\\mathbb{R}")]
    [InlineData("\\emptyset", "0")]
    public void Different(string gold, string answer) => Compare(gold, answer).Should().BeFalse();

    [Fact]
    public void Shuffled_sets_are_equal_until_a_member_changes()
    {
        var random = new Random(11);
        for (int round = 0; round < 50; round++)
        {
            int[] members = [.. Enumerable.Range(0, 100).OrderBy(_ => random.Next()).Take(random.Next(2, 12))];
            string gold = $"\\{{{string.Join(',', members)}\\}}";
            Compare(gold, string.Join(',', members.OrderBy(_ => random.Next()))).Should().BeTrue(gold);
            Compare(gold, string.Join(',', members.Skip(1).Append(members[0] + 1000))).Should().BeFalse(gold);
        }
    }

    private static bool Compare(string gold, string answer) => SetComparison.AreEqual(LatexParser.Parse(gold)!, LatexParser.Parse(answer)!);
}
