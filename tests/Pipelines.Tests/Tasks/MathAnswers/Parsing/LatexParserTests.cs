namespace MLNetAttn.Pipelines;

public sealed class LatexParserTests
{
    [Theory]
    [InlineData("3\\frac{1}{2}", "7/2")]
    [InlineData("-3\\frac{1}{2}", "-7/2")]
    [InlineData("\\frac{6}{4}", "3/2")]
    [InlineData("7:2", "7/2")]
    [InlineData("1.5E-3", "3/2000d")]
    [InlineData(".5", "1/2d")]
    [InlineData("50\\%", "50/1%")]
    [InlineData("-50 %", "-50/1%")]
    [InlineData("12^{\\circ}", "12/1")]
    [InlineData("204_{5}", "204/1")]
    [InlineData("\\frac{8}{0}", "#Undefined")]
    public void Numbers_have_their_value(string latex, string key) => Key(latex).Should().Be(key);

    [Theory]
    [InlineData("xy+1", "1+yx")]
    [InlineData("2x", "2\\cdot x")]
    [InlineData("\\frac{a}{b}", "a/b")]
    [InlineData("\\{1,2\\}", "\\{2, 1, 2\\}")]
    [InlineData("[3,\\infty)", "[3,\\infty]")]
    [InlineData("x=1,2", "x=2,1")]
    [InlineData("1\\pm2", "1+2,1-2")]
    public void Order_and_spelling_do_not_show(string a, string b) => Key(a).Should().NotBeNull().And.Be(Key(b));

    [Theory]
    [InlineData("1/2x", "1/(2x)")]
    [InlineData("-x^{2}", "-(x^{2})")]
    [InlineData("\\sin x\\cos x", "\\sin(x)\\cos(x)")]
    [InlineData("\\ln 4/2", "\\ln(4/2)")]
    [InlineData("2^{3}4!", "(2^{3})(4!)")]
    [InlineData("|x|y", "(|x|)y")]
    public void Precedence_is_that_of_math_verify(string latex, string explicitly) => Key(latex).Should().NotBeNull().And.Be(Key(explicitly));

    [Theory]
    [InlineData("(1,2)", typeof(IntervalNode))]
    [InlineData("(2,1)", typeof(TupleNode))]
    [InlineData("(1,2,3)", typeof(TupleNode))]
    [InlineData("[1,2]", typeof(IntervalNode))]
    [InlineData("1,2", typeof(FiniteSetNode))]
    [InlineData("1,2;3,4", typeof(FiniteSetNode))]
    [InlineData("\\{\\}", typeof(FiniteSetNode))]
    [InlineData("(x+1)", typeof(OperationNode))]
    [InlineData("f(x)", typeof(ApplicationNode))]
    [InlineData("f(x+1)", typeof(OperationNode))]
    [InlineData("x=1", typeof(RelationNode))]
    [InlineData("0<x\\le1", typeof(ChainNode))]
    [InlineData("\\mathbb{R}\\setminus\\{0\\}", typeof(SetOperationNode))]
    [InlineData("\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}", typeof(MatrixNode))]
    public void Brackets_make_what_they_mean(string latex, Type type) => LatexParser.Parse(latex).Should().BeOfType(type);

    [Theory]
    [InlineData("")]
    [InlineData("8++")]
    [InlineData("8^")]
    [InlineData("\\frac{8}{}")]
    [InlineData("\\unknown{8}")]
    [InlineData("8.")]
    [InlineData("(8")]
    [InlineData("8)")]
    [InlineData("[0,1[")]
    [InlineData("(1,2)+1")]
    [InlineData("\\begin{pmatrix}1&2\\\\3\\end{pmatrix}")]
    [InlineData("8;")]
    [InlineData("٨")]
    public void What_is_no_formula_is_not_read(string latex) => LatexParser.Parse(latex).Should().BeNull();

    [Theory]
    [InlineData("40+2", "42/1")]
    [InlineData("2^-1", "1/2")]
    [InlineData("(1+2)*3", "9/1")]
    [InlineData("(2)(3)", null)]
    [InlineData("4 2", null)]
    public void Plain_arithmetic_leaves_nothing_out(string text, string? value) =>
        (LatexParser.Parse(text, plain: true) is { } node
            ? ExactEvaluation.Constant(node) is { } exact ? $"{exact.Numerator}/{exact.Denominator}" : "none"
            : null).Should().Be(value);

    [Fact]
    public void Depth_is_bounded()
    {
        LatexParser.Parse(new string('(', 100) + "1" + new string(')', 100)).Should().NotBeNull();
        LatexParser.Parse(new string('(', 2000) + "1" + new string(')', 2000)).Should().BeNull();
    }

    private static string? Key(string latex) => LatexParser.Parse(latex)?.Key;
}
