using System.Numerics;

namespace MLNetAttn.Pipelines;

public sealed class MathFunctionsTests
{
    public static TheoryData<string, string> Inverses => new()
    {
        { "sin", "arcsin" }, { "cos", "arccos" }, { "tan", "arctan" },
        { "csc", "arccsc" }, { "sec", "arcsec" }, { "cot", "arccot" },
        { "sinh", "arcsinh" }, { "cosh", "arccosh" }, { "tanh", "arctanh" },
    };

    [Theory]
    [MemberData(nameof(Inverses))]
    public void Functions_undo_their_inverses(string function, string inverse)
    {
        foreach (double x in new[] { 0.3, -0.8, 1.7, 3.2 })
        {
            Complex back = MathFunctions.Evaluate(function, [MathFunctions.Evaluate(inverse, [x])!.Value])!.Value;
            Complex.Abs(back - x).Should().BeLessThan(1e-9, $"{function}({inverse}({x}))");
        }
    }

    [Fact]
    public void Factorials_of_whole_numbers_are_theirs_and_of_others_recur()
    {
        for (int n = 0; n <= 20; n++)
            MathFunctions.Evaluate("factorial", [n])!.Value.Real.Should().BeApproximately(
                Enumerable.Range(1, n).Aggregate(1.0, (product, factor) => product * factor),
                1e-12 * Math.Pow(10, n));
        foreach (double x in new[] { 0.3, 2.71, -0.4, -3.3, 7.9 })
        {
            double ratio = MathFunctions.Evaluate("factorial", [x])!.Value.Real / MathFunctions.Evaluate("factorial", [x - 1])!.Value.Real;
            ratio.Should().BeApproximately(x, 1e-11);
        }
    }

    [Theory]
    [InlineData("floor")]
    [InlineData("factorial")]
    [InlineData("max")]
    public void Some_functions_are_of_real_numbers_alone(string name) => MathFunctions.Evaluate(name, [new Complex(1, 1)]).Should().BeNull();

    [Fact]
    public void An_unknown_function_has_no_value() => MathFunctions.Evaluate("zeta", [2]).Should().BeNull();
}
