using System.Numerics;

namespace MLNetAttn.Pipelines;

/// <summary>Exact values of expressions, as far as they are rational and have at most 4096 bits.</summary>
/// <param name="values">The values of variables; null = it has none.</param>
internal sealed class ExactEvaluation(Func<MathNode, Rational?> values)
{
    private const int MaximumTerms = 2000;
    private const int MaximumFactorial = 1000;

    private int _terms;

    /// <summary>The exact value of an expression without variables; null if it has none, or too large a one.</summary>
    public static Rational? Constant(MathNode node) => new ExactEvaluation(_ => null).Evaluate(node);

    /// <summary>The exact value of an expression; null if it has none, or too large a one.</summary>
    public Rational? Evaluate(MathNode node) => node switch
    {
        NumberNode number => number.Value,
        PercentNode percent => Rational.Divide(percent.Number.Value, Integer(100)),
        SymbolNode or ApplicationNode => values(node),
        OperationNode { Operation: MathOperation.Power } power => Power(power.Operands[0], power.Operands[1]),
        OperationNode operation => Fold(operation.Operands, operation.Operation == MathOperation.Sum ? Rational.Add : Rational.Multiply),
        FunctionNode function => Function(function),
        SeriesNode series => Series(series),
        _ => null,
    };

    private static Rational Integer(BigInteger value) => Rational.FromInteger(value);

    private Rational? Fold(IReadOnlyList<MathNode> operands, Func<Rational, Rational, Rational?> operation)
    {
        Rational? result = Evaluate(operands[0]);
        for (int index = 1; index < operands.Count && result is not null; index++)
            result = Evaluate(operands[index]) is { } next ? operation(result.Value, next) : null;
        return result;
    }

    private Rational? Power(MathNode powerBase, MathNode exponent)
    {
        if (Evaluate(powerBase) is not { } number || Evaluate(exponent) is not { } power)
            return null;
        if (power.Denominator.IsOne)
            return number.Numerator.IsZero && power.Numerator.Sign < 0 ? null : Rational.Power(number, power);
        // The principal root of a negative number is no real one.
        return number.Numerator.Sign >= 0 && power.Denominator < 64 && Root(number, (int)power.Denominator) is { } root
            ? Rational.Power(root, Integer(power.Numerator))
            : null;
    }

    private static Rational? Root(Rational number, int degree) =>
        Root(number.Numerator, degree) is { } numerator && Root(number.Denominator, degree) is { } denominator
            ? Rational.Divide(Integer(numerator), Integer(denominator))
            : null;

    // Newton's iteration from above; null if the root is no integer.
    private static BigInteger? Root(BigInteger number, int degree)
    {
        if (number.IsZero || number.IsOne)
            return number;
        BigInteger root = BigInteger.One << (int)((number.GetBitLength() + degree - 1) / degree);
        while (true)
        {
            BigInteger next = ((degree - 1) * root + number / BigInteger.Pow(root, degree - 1)) / degree;
            if (next >= root)
                return BigInteger.Pow(root, degree) == number ? root : null;
            root = next;
        }
    }

    private Rational? Function(FunctionNode function)
    {
        Rational?[] evaluated = [.. function.Arguments.Select(Evaluate)];
        if (evaluated.Contains(null))
            return null;
        Rational[] arguments = [.. evaluated.Select(value => value!.Value)];
        Rational first = arguments[0];
        switch (function.Name)
        {
            case "abs":
                return first.Numerator.Sign < 0 ? Rational.Negate(first) : first;
            case "floor":
                return Rational.FloorDivide(first, Integer(1));
            case "ceil":
                return Rational.FloorDivide(Rational.Negate(first), Integer(1)) is { } floor ? Rational.Negate(floor) : null;
            case "mod":
                return Rational.FloorDivide(first, arguments[1]) is { } times && Rational.Multiply(times, arguments[1]) is { } whole
                    ? Rational.Subtract(first, whole)
                    : null;
            case "max" or "min":
                int sign = function.Name == "max" ? 1 : -1;
                return arguments.Aggregate((a, b) => (a.Numerator * b.Denominator - b.Numerator * a.Denominator).Sign == sign ? a : b);
        }
        if (arguments.Any(argument => !argument.Denominator.IsOne))
            return null;
        BigInteger[] integers = [.. arguments.Select(argument => argument.Numerator)];
        return function.Name switch
        {
            "factorial" => Range(1, integers[0]),
            "binomial" => Binomial(integers[0], integers[1]),
            "gcd" => Integer(integers.Aggregate(BigInteger.GreatestCommonDivisor)),
            "lcm" =>
                integers.Any(integer => integer.IsZero)
                    ? Integer(0)
                    : Integer(integers.Aggregate((a, b) => BigInteger.Abs(a / BigInteger.GreatestCommonDivisor(a, b) * b))),
            _ => null,
        };
    }

    // first · … · last
    private static Rational? Range(BigInteger first, BigInteger last)
    {
        if (last < 0 || last - first > MaximumFactorial)
            return null;
        Rational? product = Integer(1);
        for (BigInteger factor = first; factor <= last && product is not null; factor++)
            product = Rational.Multiply(product.Value, Integer(factor));
        return product;
    }

    private static Rational? Binomial(BigInteger n, BigInteger k)
    {
        if (n < 0)
            return null;
        if (k < 0 || k > n)
            return Integer(0);
        BigInteger few = BigInteger.Min(k, n - k);
        return Range(n - few + 1, n) is { } above && Range(1, few) is { } below ? Rational.Divide(above, below) : null;
    }

    private Rational? Series(SeriesNode series)
    {
        if (Evaluate(series.First) is not { Denominator.IsOne: true } first
            || Evaluate(series.Last) is not { Denominator.IsOne: true } last
            || last.Numerator - first.Numerator > MaximumTerms)
            return null;
        Rational? result = Integer(series.IsProduct ? 1 : 0);
        for (BigInteger index = first.Numerator; index <= last.Numerator && result is not null; index++)
        {
            if (++_terms > MaximumTerms)
                return null;
            Rational value = Integer(index);
            var inner = new ExactEvaluation(node => node is SymbolNode symbol && symbol.Name == series.Variable ? value : values(node)) { _terms = _terms };
            result = inner.Evaluate(series.Term) is not { } term ? null
                : series.IsProduct ? Rational.Multiply(result.Value, term)
                : Rational.Add(result.Value, term);
            _terms = inner._terms;
        }
        return result;
    }
}
