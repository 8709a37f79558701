namespace MLNetAttn.Pipelines;

public sealed class ArithmeticExpressionTests
{
    [Theory]
    [InlineData("1+2*3", 7)]
    [InlineData("(1+2)*3", 9)]
    [InlineData(" ( 7 + 5 ) - 1 ", 11)]
    [InlineData("7-5-1", 1)]
    [InlineData("8/4/2", 1)]
    [InlineData("1/3*3", 1)]
    [InlineData("007", 7)]
    public void Plain_arithmetic_has_its_value(string text, double value) => Evaluate(text, ArithmeticSyntax.Plain).Should().Be(value);

    [Theory]
    [InlineData("")]
    [InlineData("()")]
    [InlineData("1 2")]
    [InlineData("1 +")]
    [InlineData("* 1")]
    [InlineData("(1")]
    [InlineData("1)")]
    [InlineData("-1")]
    [InlineData("2 ** 3")]
    [InlineData("7 // 2")]
    [InlineData("1.5")]
    [InlineData("1 / 0")]
    [InlineData("1 / (2 - 2)")]
    [InlineData("x")]
    [InlineData("1 + ٣")]
    public void Anything_else_has_no_value(string text) => Evaluate(text, ArithmeticSyntax.Plain).Should().BeNull();

    // Values are the ones of Python's eval.
    [Theory]
    [InlineData("-2**2", -4)]
    [InlineData("2**-1", 0.5)]
    [InlineData("2**3**2", 512)]
    [InlineData("(-8)**2", 64)]
    [InlineData("4**(1/2)", 2)]
    [InlineData("7//2", 3)]
    [InlineData("-7//2", -4)]
    [InlineData("+-+4", -4)]
    [InlineData("3--4", 7)]
    [InlineData(".5+1.", 1.5)]
    [InlineData("01.5", 1.5)]
    [InlineData("00", 0)]
    [InlineData("1\t+\f2", 3)]
    [InlineData("1**99999999", 1)]
    [InlineData("0**0", 1)]
    public void Python_arithmetic_has_the_value_of_Python(string text, double value) => Evaluate(text, ArithmeticSyntax.Python).Should().Be(value);

    [Theory]
    [InlineData("01")]
    [InlineData("1 . 5")]
    [InlineData("1.2.3")]
    [InlineData(".")]
    [InlineData("2 * * 3")]
    [InlineData("7 / / 2")]
    [InlineData("5(3)")]
    [InlineData("0**-1")]
    [InlineData("9**9**9")]
    [InlineData("(0-8)**(1/3)")]
    [InlineData("1//0")]
    [InlineData("1,2")]
    public void What_Python_cannot_evaluate_to_a_real_number_has_no_value(string text) => Evaluate(text, ArithmeticSyntax.Python).Should().BeNull();

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void Parentheses_nest_as_deep_as_in_Python(int depth, bool hasValue) =>
        Evaluate($"{new string('(', depth)}1{new string(')', depth)}", ArithmeticSyntax.Python).HasValue.Should().Be(hasValue);

    [Fact]
    public void Long_text_has_no_value()
    {
        Evaluate($"1{new string(' ', 1023)}", ArithmeticSyntax.Plain).Should().Be(1);
        Evaluate($"1{new string(' ', 1024)}", ArithmeticSyntax.Plain).Should().BeNull();
    }

    private static double? Evaluate(string text, ArithmeticSyntax syntax) => ArithmeticExpression.Evaluate(text, syntax)?.ToDouble();
}
