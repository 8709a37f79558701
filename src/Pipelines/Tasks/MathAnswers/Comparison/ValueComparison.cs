using System.Numerics;

namespace MLNetAttn.Pipelines;

/// <summary>Whether two expressions have the same value, for all values of their variables.</summary>
internal static class ValueComparison
{
    // Decimals stand for the numbers that round to them here.
    private const int DecimalPlaces = 6;
    private const double ConstantTolerance = 1e-13;
    private const double FunctionTolerance = 1e-10;
    private const int Points = 8;
    private const int EnoughPoints = 3;

    /// <summary>Compares two expressions, matrices, or numbers; never right without a proof or a numeric check.</summary>
    public static bool AreEqual(MathNode a, MathNode b)
    {
        if (a is ConstantNode { Constant: MathConstant.Undefined } || b is ConstantNode { Constant: MathConstant.Undefined })
            return false;
        if (a.Key == b.Key)
            return true;
        if (a is MatrixNode left && b is MatrixNode right)
            return left.Rows.Count == right.Rows.Count
                && left.Rows.Zip(right.Rows).All(rows =>
                    rows.First.Count == rows.Second.Count
                    && rows.First.Zip(rows.Second).All(pair => AreEqual(pair.First, pair.Second)));
        if (a is PercentNode != b is PercentNode)
        {
            // 50 % is 50 to some and 0.5 to others.
            (PercentNode percent, MathNode other) = a is PercentNode first ? (first, b) : ((PercentNode)b, a);
            return AreEqual(percent.Number, other)
                || (Rational.Divide(percent.Number.Value, Rational.FromInteger(100)) is { } value
                    && AreEqual(new NumberNode(value, percent.Number.IsDecimal), other));
        }
        if (a is PercentNode p && b is PercentNode q)
            return AreEqual(p.Number, q.Number);
        return IsDecimal(a) || IsDecimal(b) ? AreRoundedEqual(a, b) : AreIdentical(a, b);
    }

    /// <summary>Whether a / b is a constant other than zero: then a = 0 and b = 0 are the same equation.</summary>
    public static bool AreProportional(MathNode a, MathNode b)
    {
        List<MathNode> variables = Variables(a, b);
        Complex? ratio = null;
        int agreeing = 0;
        for (int point = 0; point < Points; point++)
        {
            NumericEvaluation evaluation = At(variables, point);
            if (evaluation.Evaluate(a) is not { } above || evaluation.Evaluate(b) is not { } below || !Complex.IsFinite(above) || !Complex.IsFinite(below))
                continue;
            if (above == Complex.Zero || below == Complex.Zero)
                return false;
            if (ratio is { } before && !AreClose(before, above / below, FunctionTolerance))
                return false;
            ratio = above / below;
            agreeing++;
        }
        return variables.Count > 0 && agreeing >= EnoughPoints;
    }

    private static bool IsDecimal(MathNode node) => node is NumberNode { IsDecimal: true };

    private static bool AreRoundedEqual(MathNode a, MathNode b)
    {
        if (ExactEvaluation.Constant(a) is { } left && ExactEvaluation.Constant(b) is { } right)
        {
            bool wholeNumber = (!IsDecimal(a) && left.Denominator.IsOne) || (!IsDecimal(b) && right.Denominator.IsOne);
            return left == right || (!wholeNumber && Round(left) == Round(right));
        }
        return NumericEvaluation.Constant(a) is { Imaginary: 0 } x && NumericEvaluation.Constant(b) is { Imaginary: 0 } y
            && double.IsFinite(x.Real) && double.IsFinite(y.Real) && Math.Abs(x.Real) < 1e9
            && Math.Round(x.Real, DecimalPlaces) == Math.Round(y.Real, DecimalPlaces);
    }

    // To the nearest millionth, halves to even.
    private static BigInteger Round(Rational value)
    {
        BigInteger scaled = value.Numerator * BigInteger.Pow(10, DecimalPlaces);
        BigInteger floor = BigInteger.DivRem(scaled, value.Denominator, out BigInteger remainder);
        if (remainder.Sign < 0)
            (floor, remainder) = (floor - 1, remainder + value.Denominator);
        int half = (2 * remainder).CompareTo(value.Denominator);
        return half > 0 || (half == 0 && !floor.IsEven) ? floor + 1 : floor;
    }

    private static bool AreIdentical(MathNode a, MathNode b)
    {
        (a, b) = WithoutCommonTerms(a, b);
        List<MathNode> variables = Variables(a, b);
        if (variables.Count == 0)
        {
            Rational? left = ExactEvaluation.Constant(a), right = ExactEvaluation.Constant(b);
            bool rounded = (left is null || right is null) && (HasDecimalExponent(a) || HasDecimalExponent(b));
            return !rounded && AreEqualAt(left, right, () => (NumericEvaluation.Constant(a), NumericEvaluation.Constant(b)), ConstantTolerance) == true;
        }
        int agreeing = 0;
        for (int point = 0; point < Points; point++)
        {
            var exact = new ExactEvaluation(node =>
                variables.FindIndex(variable => variable.Key == node.Key) is >= 0 and int index ? Value(index, point) : null);
            NumericEvaluation numeric = At(variables, point);
            bool? equal = AreEqualAt(exact.Evaluate(a), exact.Evaluate(b), () => (numeric.Evaluate(a), numeric.Evaluate(b)), FunctionTolerance);
            if (equal == false)
                return false;
            agreeing += equal == true ? 1 : 0;
        }
        return agreeing >= EnoughPoints;
    }

    // A large term of both would hide how the others differ.
    private static (MathNode A, MathNode B) WithoutCommonTerms(MathNode a, MathNode b)
    {
        if (a is not OperationNode { Operation: MathOperation.Sum } first || b is not OperationNode { Operation: MathOperation.Sum } second)
            return (a, b);
        List<MathNode> left = [], right = [.. second.Operands];
        foreach (MathNode term in first.Operands)
        {
            if (right.FindIndex(other => other.Key == term.Key) is >= 0 and int index)
                right.RemoveAt(index);
            else
                left.Add(term);
        }
        return (SumOf(left), SumOf(right));

        static MathNode SumOf(List<MathNode> terms) => terms.Count switch
        {
            0 => new NumberNode(Rational.FromInteger(0)),
            1 => terms[0],
            _ => new OperationNode(MathOperation.Sum, terms),
        };
    }

    // 12^{0.5} is a rounded number, as to math-verify: it is not known to be an irrational one.
    private static bool HasDecimalExponent(MathNode node) => node switch
    {
        OperationNode { Operation: MathOperation.Power } power => IsDecimal(power.Operands[1]) || power.Operands.Any(HasDecimalExponent),
        OperationNode operation => operation.Operands.Any(HasDecimalExponent),
        FunctionNode function => function.Arguments.Any(HasDecimalExponent),
        _ => false,
    };

    // Null: one of them has no value here.
    private static bool? AreEqualAt(Rational? exactA, Rational? exactB, Func<(Complex? A, Complex? B)> numeric, double tolerance)
    {
        if (exactA is { } left && exactB is { } right)
            return left == right;
        (Complex? a, Complex? b) = numeric();
        if (a is not { } x || b is not { } y)
            return null;
        if (!Complex.IsFinite(x) || !Complex.IsFinite(y))
            return double.IsInfinity(x.Real) && exactA is null && exactB is null && x == y;
        return AreClose(x, y, tolerance);
    }

    private static bool AreClose(Complex a, Complex b, double tolerance)
    {
        double difference = Complex.Abs(a - b);
        return difference <= tolerance * Math.Max(Complex.Abs(a), Complex.Abs(b)) || difference <= 1e-15;
    }

    private static NumericEvaluation At(List<MathNode> variables, int point) =>
        new(node => variables.FindIndex(variable => variable.Key == node.Key) is >= 0 and int index ? Value(index, point).ToDouble() : null);

    // Values of both signs, between 0 and 1 and beyond, without relations that a formula could rest on.
    private static Rational Value(int variable, int point)
    {
        int numerator = 1009 + 337 * variable + 613 * point + 89 * variable * point;
        int[] denominators = [1013, 307, 2503, 701, 5003, 401, 1511, 601];
        Rational value = Rational.Divide(Rational.FromInteger(numerator), Rational.FromInteger(denominators[point % denominators.Length]))!.Value;
        return point % 3 == 2 && variable % 2 == 0 ? Rational.Negate(value) : value;
    }

    private static List<MathNode> Variables(MathNode a, MathNode b) =>
    [
        .. Collect(a, [])
            .Concat(Collect(b, []))
            .DistinctBy(variable => variable.Key)
            .OrderBy(variable => variable.Key, StringComparer.Ordinal),
    ];

    private static IEnumerable<MathNode> Collect(MathNode node, string[] bound) => node switch
    {
        SymbolNode symbol => bound.Contains(symbol.Name) ? [] : [symbol],
        ApplicationNode => [node],
        OperationNode operation => operation.Operands.SelectMany(operand => Collect(operand, bound)),
        FunctionNode function => function.Arguments.SelectMany(argument => Collect(argument, bound)),
        SeriesNode series => [.. Collect(series.First, bound), .. Collect(series.Last, bound), .. Collect(series.Term, [.. bound, series.Variable])],
        _ => [],
    };
}
