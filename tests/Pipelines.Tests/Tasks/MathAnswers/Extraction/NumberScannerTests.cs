namespace MLNetAttn.Pipelines;

public sealed class NumberScannerTests
{
    [Theory]
    [InlineData("42", "42")]
    [InlineData("x = 42", "42")]
    [InlineData("=42", "42")]
    [InlineData("is -42.50.", "-42.50")]
    [InlineData("1,234,567.8", "1234567.8")]
    [InlineData("1 234", "1234")]
    [InlineData("3,5", "3.5")]
    [InlineData(".5", "0.5")]
    [InlineData("007", "7")]
    [InlineData("$42", "42")]
    [InlineData("**42**", "42")]
    [InlineData("42nd", "42")]
    [InlineData("12% of 50 percent", "12%|50%")]
    [InlineData("1 then 2", "1|2")]
    [InlineData("x42", "")]
    [InlineData("(42)", "")]
    [InlineData("", "")]
    public void Numbers_are_found_after_a_space(string text, string found) =>
        string.Join('|', new NumberScanner(text).Numbers().Select(number => number.Text + (number.Percent ? "%" : ""))).Should().Be(found);

    [Theory]
    [InlineData("so 40+2 is", "40+2")]
    [InlineData("6*7.", "6*7.")]
    [InlineData("(1+2)*3", "(1+2)*3")]
    [InlineData("40+2=42", "")]
    [InlineData("40+2x", "")]
    [InlineData("40", "")]
    public void Arithmetic_ends_with_something_that_ends_it(string text, string found) =>
        string.Join('|', new NumberScanner(text).Expressions().Select(expression => expression.Text)).Should().Be(found);
}
