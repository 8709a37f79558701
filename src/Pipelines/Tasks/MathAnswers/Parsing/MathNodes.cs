using System.Globalization;
using System.Numerics;

namespace MLNetAttn.Pipelines;

/// <summary>Builds expressions. Results are null where an operation has no meaning for its operands.</summary>
internal static class MathNodes
{
    public static readonly NumberNode MinusOne = new(Rational.FromInteger(BigInteger.MinusOne));

    public static readonly NumberNode One = new(Rational.FromInteger(BigInteger.One));

    public static readonly ConstantNode Undefined = new(MathConstant.Undefined);

    /// <summary>A number from its digits, with a decimal point or an exponent (1.5E-3) perhaps; null if it has more than 4096 bits.</summary>
    public static NumberNode? Number(string digits)
    {
        int exponentAt = digits.IndexOf('E');
        string mantissa = exponentAt < 0 ? digits : digits[..exponentAt];
        int point = mantissa.IndexOf('.');
        int exponent = 0;
        if (exponentAt >= 0 && !int.TryParse(digits[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
            return null;
        if (point >= 0)
            exponent -= mantissa.Length - point - 1;
        const int MostDigits = 1200;
        if (mantissa.Length > MostDigits || Math.Abs(exponent) > MostDigits)
            return null;
        BigInteger whole = BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        Rational? value = exponent >= 0
            ? Rational.FromInteger(whole * BigInteger.Pow(10, exponent))
            : Rational.Divide(Rational.FromInteger(whole), Rational.FromInteger(BigInteger.Pow(10, -exponent)));
        return value is { } number ? new NumberNode(number, point >= 0 || exponentAt >= 0) : null;
    }

    public static MathNode? Negate(MathNode operand) => operand switch
    {
        NumberNode number => new NumberNode(Rational.Negate(number.Value), number.IsDecimal),
        PercentNode percent => new PercentNode(new NumberNode(Rational.Negate(percent.Number.Value), percent.Number.IsDecimal)),
        _ => Product(MinusOne, operand),
    };

    public static MathNode? Sum(IReadOnlyList<MathNode> terms)
    {
        if (terms.Count == 1)
            return terms[0];
        return terms.Any(term => term is MatrixNode)
            ? terms.Aggregate((MathNode?)null, (sum, term) => sum is null ? term : AddMatrices(sum, term))
            : new OperationNode(MathOperation.Sum, terms);
    }

    public static MathNode? Product(MathNode left, MathNode right) => (left, right) switch
    {
        (MatrixNode a, MatrixNode b) => Multiply(a, b),
        (MatrixNode a, _) => Map(a, element => Product(element, right)),
        (_, MatrixNode b) => Map(b, element => Product(left, element)),
        _ => new OperationNode(MathOperation.Product, [.. Factors(left), .. Factors(right)]),
    };

    private static IEnumerable<MathNode> Factors(MathNode node) =>
        node is OperationNode { Operation: MathOperation.Product } product ? product.Operands : [node];

    public static MathNode? Divide(MathNode left, MathNode right)
    {
        if (left is NumberNode { IsInteger: true } a && right is NumberNode { IsInteger: true } b)
            return b.Value.Numerator.IsZero ? Undefined : Rational.Divide(a.Value, b.Value) is { } quotient ? new NumberNode(quotient) : null;
        return right is MatrixNode ? null : Product(left, new OperationNode(MathOperation.Power, [right, MinusOne]));
    }

    public static MathNode? Power(MathNode power, MathNode exponent) =>
        power is MatrixNode || exponent is MatrixNode ? null : new OperationNode(MathOperation.Power, [power, exponent]);

    /// <summary>The product of two things written side by side; 3 1/2 is a sum.</summary>
    public static MathNode? Juxtapose(MathNode left, MathNode right) =>
        left is NumberNode { IsInteger: true } whole && right is NumberNode { IsDecimal: false, Value.Numerator.Sign: > 0 } part
            ? (whole.Value.Numerator.Sign < 0 ? Rational.Subtract(whole.Value, part.Value) : Rational.Add(whole.Value, part.Value)) is { } mixed
                ? new NumberNode(mixed)
                : null
            : Product(left, right);

    /// <summary>Rows and columns exchanged.</summary>
    public static MathNode Transpose(MatrixNode matrix) =>
        new MatrixNode([.. Enumerable.Range(0, matrix.Rows[0].Count).Select(column => matrix.Rows.Select(row => row[column]).ToArray())]);

    /// <summary>The determinant of a 2×2 or 3×3 matrix, or of a single number; null for others.</summary>
    public static MathNode? Determinant(MatrixNode matrix)
    {
        IReadOnlyList<IReadOnlyList<MathNode>> rows = matrix.Rows;
        if (rows.Count != rows[0].Count || rows.Count > 3)
            return null;
        if (rows.Count == 1)
            return rows[0][0];
        var terms = new List<MathNode>();
        for (int column = 0; column < rows.Count; column++)
        {
            int[] others = [.. Enumerable.Range(0, rows.Count).Where(other => other != column)];
            var minor = new MatrixNode([.. rows.Skip(1).Select(row => others.Select(other => row[other]).ToArray())]);
            if (Determinant(minor) is not { } determinant
                || Product(rows[0][column], determinant) is not { } term
                || (column % 2 == 0 ? term : Negate(term)) is not { } signed)
                return null;
            terms.Add(signed);
        }
        return Sum(terms);
    }

    private static MatrixNode? AddMatrices(MathNode left, MathNode right) =>
        left is MatrixNode a && right is MatrixNode b && a.Rows.Count == b.Rows.Count && a.Rows[0].Count == b.Rows[0].Count
            ? Build(a.Rows.Count, a.Rows[0].Count, (row, column) => Sum([a.Rows[row][column], b.Rows[row][column]]))
            : null;

    private static MatrixNode? Multiply(MatrixNode a, MatrixNode b) => a.Rows[0].Count != b.Rows.Count
        ? null
        : Build(a.Rows.Count, b.Rows[0].Count, (row, column) =>
        {
            MathNode?[] terms = [.. Enumerable.Range(0, b.Rows.Count).Select(k => Product(a.Rows[row][k], b.Rows[k][column]))];
            return terms.Contains(null) ? null : Sum([.. terms.OfType<MathNode>()]);
        });

    private static MatrixNode? Map(MatrixNode matrix, Func<MathNode, MathNode?> map) =>
        Build(matrix.Rows.Count, matrix.Rows[0].Count, (row, column) => map(matrix.Rows[row][column]));

    private static MatrixNode? Build(int rows, int columns, Func<int, int, MathNode?> element)
    {
        MathNode?[][] made = [.. Enumerable.Range(0, rows).Select(row => Enumerable.Range(0, columns).Select(column => element(row, column)).ToArray())];
        return made.Any(row => row.Contains(null)) ? null : new MatrixNode([.. made.Select(row => row.OfType<MathNode>().ToArray())]);
    }
}
