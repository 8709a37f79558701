namespace MLNetAttn.Pipelines;

public sealed class UnitWordsTests
{
    [Theory]
    [InlineData("12 cm", "12")]
    [InlineData("12cm", "12")]
    [InlineData("12 miles per hour", "12 miles")]
    [InlineData("12 \\text{ km/h}", "12")]
    [InlineData("12 \\text{ m}^3", "12")]
    [InlineData("12 \\text{ hours } 30 \\text{ minutes}", "12")]
    [InlineData("\\text{cm}", "\\text{cm}")]
    [InlineData("x+1", "x+1")]
    [InlineData("12 inches", "12")]
    public void Units_at_the_end_are_cut(string text, string number) => UnitWords.Remove(text).Trim().Should().Be(number);
}
