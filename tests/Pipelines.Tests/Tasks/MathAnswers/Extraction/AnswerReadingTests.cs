namespace MLNetAttn.Pipelines;

public sealed class AnswerReadingTests
{
    [Theory]
    [InlineData("1,234", "1234/1")]
    [InlineData("1,234.5", "2469/2d")]
    [InlineData("0,125", "1/8d")]
    [InlineData("1, 234", "{1/1 234/1}")]
    [InlineData("12,34", "{12/1 34/1}")]
    [InlineData("? = x = 5", "5/1")]
    public void Formulas_are_read(string latex, string key) => AnswerReading.Formula(latex, allBoxes: true).Value!.Key.Should().Be(key);

    [Fact]
    public void Joined_formulas_are_a_set_and_not_one_in_another() =>
        AnswerReading.Formulas([("1,2", false), ("3", false)]).Value!.Key
            .Should().Be(new FiniteSetNode([MathNodes.Number("3")!, MathNodes.Number("2")!, MathNodes.Number("1")!]).Key);

    [Fact]
    public void If_one_of_joined_formulas_is_not_understood_the_first_counts() =>
        AnswerReading.Formulas([("1", false), ("?", false)]).Value!.Key.Should().Be("1/1");

    [Theory]
    [InlineData("2/3.", "2/3")]
    [InlineData("2**3", "8/1")]
    [InlineData("17 - 5", "12/1")]
    public void Arithmetic_has_a_value(string text, string value) =>
        (ExactEvaluation.Constant(AnswerReading.Number(new NumberMatch(0, text.Length, text, IsExpression: true, Percent: false)).Value!) is { } exact
            ? $"{exact.Numerator}/{exact.Denominator}"
            : null).Should().Be(value);

    [Fact]
    public void A_formula_that_is_too_long_is_text() =>
        AnswerReading.Formula(new string('1', 5000), allBoxes: true)
            .Should().Match<ExtractedAnswer>(answer => answer.Value == null && answer.Text!.Length == 5000);
}
