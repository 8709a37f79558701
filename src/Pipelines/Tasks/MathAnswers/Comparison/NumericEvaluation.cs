using System.Numerics;

namespace MLNetAttn.Pipelines;

/// <summary>Values of expressions in floating point, on the principal branch of roots and logarithms.</summary>
/// <param name="values">The values of variables; null = it has none.</param>
internal sealed class NumericEvaluation(Func<MathNode, Complex?> values)
{
    private const int MaximumTerms = 20_000;

    private int _terms;

    /// <summary>The value of an expression without variables, infinite perhaps; null if it has none.</summary>
    public static Complex? Constant(MathNode node) => new NumericEvaluation(_ => null).Evaluate(node);

    /// <summary>The value of an expression; null if it has none.</summary>
    public Complex? Evaluate(MathNode node)
    {
        Complex? value = node switch
        {
            NumberNode number => Finite(number.Value.ToDouble()),
            PercentNode percent => Finite(percent.Number.Value.ToDouble() / 100),
            ConstantNode constant => Named(constant.Constant),
            SymbolNode or ApplicationNode => values(node),
            OperationNode { Operation: MathOperation.Sum } sum => Fold(sum.Operands, Add),
            OperationNode { Operation: MathOperation.Product } product => Fold(product.Operands, Multiply),
            OperationNode power =>
                Evaluate(power.Operands[0]) is { } number && Evaluate(power.Operands[1]) is { } exponent
                    ? Checked(Power(number, exponent), number, exponent)
                    : null,
            FunctionNode function => Function(function),
            SeriesNode series => Series(series),
            _ => null,
        };
        return value is { } found && (double.IsNaN(found.Real) || double.IsNaN(found.Imaginary)) ? null : value;
    }

    private static Complex? Named(MathConstant constant) => constant switch
    {
        MathConstant.Pi => Math.PI,
        MathConstant.E => Math.E,
        MathConstant.EulerGamma => 0.57721566490153286,
        MathConstant.ImaginaryUnit => Complex.ImaginaryOne,
        MathConstant.Infinity => double.PositiveInfinity,
        _ => null,
    };

    private Complex? Fold(IReadOnlyList<MathNode> operands, Func<Complex, Complex, Complex> operation)
    {
        Complex? result = Evaluate(operands[0]);
        for (int index = 1; index < operands.Count && result is not null; index++)
            result = Evaluate(operands[index]) is { } next ? Checked(operation(result.Value, next), result.Value, next) : null;
        return result;
    }

    // What overflows has no value here: it is not infinite, and not equal to all else that overflows.
    private static Complex? Checked(Complex? result, params ReadOnlySpan<Complex> operands)
    {
        if (result is not { } value || Complex.IsFinite(value))
            return result;
        foreach (Complex operand in operands)
        {
            if (!Complex.IsFinite(operand))
                return result;
        }
        return null;
    }

    private static Complex? Finite(double value) => double.IsFinite(value) ? value : null;

    private static Complex Add(Complex a, Complex b) => new(a.Real + b.Real, a.Imaginary + b.Imaginary);

    // Of two real numbers the product is real: with an infinite one, the general formula would give NaN.
    private static Complex Multiply(Complex a, Complex b) => a.Imaginary == 0 && b.Imaginary == 0 ? a.Real * b.Real : a * b;

    private static Complex? Power(Complex number, Complex exponent)
    {
        if (number == Complex.Zero)
            return exponent.Imaginary == 0 && exponent.Real >= 0 ? Math.Pow(0, exponent.Real) : null;
        return number.Imaginary == 0 && exponent.Imaginary == 0 && (number.Real > 0 || exponent.Real == Math.Truncate(exponent.Real))
            ? Math.Pow(number.Real, exponent.Real)
            : Complex.Pow(number, exponent);
    }

    private Complex? Function(FunctionNode function)
    {
        Complex?[] evaluated = [.. function.Arguments.Select(Evaluate)];
        if (evaluated.Contains(null))
            return null;
        Complex[] arguments = [.. evaluated.Select(value => value!.Value)];
        return Checked(MathFunctions.Evaluate(function.Name, arguments), arguments);
    }

    private Complex? Series(SeriesNode series)
    {
        if (Evaluate(series.First) is not { Imaginary: 0 } first || Evaluate(series.Last) is not { Imaginary: 0 } last
            || first.Real != Math.Truncate(first.Real) || last.Real != Math.Truncate(last.Real) || !(last.Real - first.Real <= MaximumTerms))
            return null;
        Complex result = series.IsProduct ? 1 : 0;
        for (double index = first.Real; index <= last.Real; index++)
        {
            if (++_terms > MaximumTerms)
                return null;
            double value = index;
            var inner = new NumericEvaluation(node => node is SymbolNode symbol && symbol.Name == series.Variable ? value : values(node)) { _terms = _terms };
            if (inner.Evaluate(series.Term) is not { } term)
                return null;
            if (Checked(series.IsProduct ? Multiply(result, term) : Add(result, term), result, term) is not { } next)
                return null;
            result = next;
            _terms = inner._terms;
        }
        return result;
    }
}
