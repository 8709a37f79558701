using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Python's operators on values.</summary>
internal static class JinjaArithmetic
{
    public static JinjaValue Apply(BinaryOperator operation, JinjaValue left, JinjaValue right, JinjaState state)
    {
        if (operation == BinaryOperator.Modulo && left is JinjaText format)
            return format.With(PrintfFormat.Format(format.Value, right, state), state);
        if ((left as JinjaUndefined ?? right as JinjaUndefined) is { } undefined)
            throw JinjaException.Invalid(undefined.Message);
        JinjaValue? result = (operation, left, right) switch
        {
            (_, JinjaInteger one, JinjaInteger other) => OfIntegers(operation, one.Value, other.Value),
            (_, JinjaNumber one, JinjaNumber other) => new JinjaFloat(OfFloats(operation, one.AsDouble, other.AsDouble)),
            (BinaryOperator.Add, JinjaText one, JinjaText other) => Join(one, other, state),
            (BinaryOperator.Add, JinjaList one, JinjaList other) => Join(one, other, state),
            (BinaryOperator.Add, JinjaTuple one, JinjaTuple other) => Join(one, other, state),
            (BinaryOperator.Multiply, JinjaText text, JinjaInteger count) => Repeat(text, count, state),
            (BinaryOperator.Multiply, JinjaInteger count, JinjaText text) => Repeat(text, count, state),
            (BinaryOperator.Multiply, JinjaSequence sequence, JinjaInteger count) => Repeat(sequence, count, state),
            (BinaryOperator.Multiply, JinjaInteger count, JinjaSequence sequence) => Repeat(sequence, count, state),
            _ => null,
        };
        return result ?? throw JinjaException.Invalid($"'{SymbolOf(operation)}' does not take values of the types '{left.TypeName}' and '{right.TypeName}'");
    }

    public static JinjaValue Negate(JinjaValue value) => value switch
    {
        JinjaInteger number => new JinjaInteger(-number.Value),
        JinjaFloat number => new JinjaFloat(-number.Value),
        JinjaUndefined undefined => throw JinjaException.Invalid(undefined.Message),
        _ => throw JinjaException.Invalid($"'-' does not take a value of the type '{value.TypeName}'"),
    };

    public static JinjaValue Plus(JinjaValue value) => value switch
    {
        JinjaInteger number => new JinjaInteger(number.Value),
        JinjaFloat => value,
        JinjaUndefined undefined => throw JinjaException.Invalid(undefined.Message),
        _ => throw JinjaException.Invalid($"'+' does not take a value of the type '{value.TypeName}'"),
    };

    private static JinjaValue OfIntegers(BinaryOperator operation, BigInteger left, BigInteger right)
    {
        switch (operation)
        {
            case BinaryOperator.Add:
                return JinjaInteger.Of(left + right);
            case BinaryOperator.Subtract:
                return JinjaInteger.Of(left - right);
            case BinaryOperator.Multiply:
                return JinjaInteger.Of(left * right);
            case BinaryOperator.Power when right >= 0:
                return JinjaInteger.Of(Power(left, right));
            case BinaryOperator.FloorDivide or BinaryOperator.Modulo when !right.IsZero:
                BigInteger quotient = BigInteger.DivRem(left, right, out BigInteger remainder);
                bool roundsUp = !remainder.IsZero && remainder.Sign != right.Sign;
                return JinjaInteger.Of(operation == BinaryOperator.Modulo ? (roundsUp ? remainder + right : remainder) : (roundsUp ? quotient - 1 : quotient));
            default:
                return new JinjaFloat(OfFloats(operation, (double)left, (double)right));
        }
    }

    private static BigInteger Power(BigInteger left, BigInteger right) =>
        BigInteger.Abs(left) <= 1 ? BigInteger.Pow(left, right.IsZero ? 0 : right.IsEven ? 2 : 1)
            : right * left.GetBitLength() <= 2 * JinjaInteger.MaximumBits ? BigInteger.Pow(left, (int)right)
            : throw JinjaException.Invalid($"an integer has more than {JinjaInteger.MaximumDigits} digits");

    private static double OfFloats(BinaryOperator operation, double left, double right)
    {
        if (right == 0 && operation is (BinaryOperator.Divide or BinaryOperator.FloorDivide or BinaryOperator.Modulo))
            throw JinjaException.Invalid("division by zero");
        return operation switch
        {
            BinaryOperator.Add => left + right,
            BinaryOperator.Subtract => left - right,
            BinaryOperator.Multiply => left * right,
            BinaryOperator.Divide => left / right,
            BinaryOperator.FloorDivide => FloorDivide(left, right),
            BinaryOperator.Modulo => Modulo(left, right),
            _ => Power(left, right),
        };
    }

    private static double Modulo(double left, double right)
    {
        double remainder = left % right;
        return remainder == 0 ? Math.CopySign(0, right) : remainder < 0 != right < 0 ? remainder + right : remainder;
    }

    private static double FloorDivide(double left, double right)
    {
        double quotient = (left - Modulo(left, right)) / right;
        double floor = Math.Floor(quotient);
        return quotient == 0 ? Math.CopySign(0, left / right) : quotient - floor > 0.5 ? floor + 1 : floor;
    }

    private static double Power(double left, double right)
    {
        if (left == 0 && right < 0)
            throw JinjaException.Invalid("zero to a negative power");
        if (left < 0 && double.IsFinite(left) && double.IsFinite(right) && !double.IsInteger(right))
            throw JinjaException.Unknown("a root of a negative number");
        double result = Math.Pow(left, right);
        return double.IsInfinity(result) && double.IsFinite(left) && double.IsFinite(right)
            ? throw JinjaException.Invalid("a power is too large for a float")
            : result;
    }

    private static JinjaText Join(JinjaText left, JinjaText right, JinjaState state)
    {
        if (left.IsSafe == right.IsSafe)
            return state.Text(left.Value + right.Value, left.IsSafe);
        return state.Text(Html(left, state) + Html(right, state), isSafe: true);
    }

    private static string Html(JinjaText text, JinjaState state)
    {
        if (text.IsSafe)
            return text.Value;
        JinjaWriter writer = new(state);
        PythonText.WriteEscaped(writer, text.Value);
        return writer.ToString();
    }

    private static JinjaSequence Join(JinjaSequence left, JinjaSequence right, JinjaState state)
    {
        state.TakeItems((long)left.Values.Count + right.Values.Count);
        return (left is JinjaList ? left : new JinjaTuple([])).Of([.. left.Values, .. right.Values]);
    }

    private static JinjaText Repeat(JinjaText text, JinjaInteger count, JinjaState state)
    {
        int times = Times(count, text.Value.Length);
        JinjaWriter writer = new(state);
        state.Step(times);
        for (int i = 0; i < times; i++)
            writer.Append(text.Value);
        return new JinjaText(writer.ToString(), text.IsSafe);
    }

    private static JinjaSequence Repeat(JinjaSequence sequence, JinjaInteger count, JinjaState state)
    {
        int times = Times(count, sequence.Values.Count);
        state.TakeItems((long)times * sequence.Values.Count);
        return (sequence is JinjaList ? sequence : new JinjaTuple([])).Of([.. Enumerable.Repeat(sequence.Values, times).SelectMany(values => values)]);
    }

    private static int Times(JinjaInteger count, int length) =>
        length == 0 || count.Value <= 0 ? 0
            : count.Value <= int.MaxValue ? (int)count.Value : throw JinjaException.Invalid($"something is to be repeated {count.Value} times");

    private static string SymbolOf(BinaryOperator operation) => operation switch
    {
        BinaryOperator.Add => "+",
        BinaryOperator.Subtract => "-",
        BinaryOperator.Multiply => "*",
        BinaryOperator.Divide => "/",
        BinaryOperator.FloorDivide => "//",
        BinaryOperator.Modulo => "%",
        _ => "**",
    };
}
