using System.Numerics;

namespace MLNetAttn.Pipelines;

/// <summary>An exact fraction in lowest terms with a positive denominator. Operations without a result, or with one of more than 4096 bits, give
/// null.</summary>
internal readonly record struct Rational
{
    private const long MaximumBits = 4096;

    private Rational(BigInteger numerator, BigInteger denominator)
    {
        Numerator = numerator;
        Denominator = denominator;
    }

    public BigInteger Numerator { get; }

    public BigInteger Denominator { get; }

    public static Rational FromInteger(BigInteger value) => new(value, BigInteger.One);

    /// <summary>The exact value of a floating-point number; null if it is not finite.</summary>
    public static Rational? FromDouble(double value)
    {
        if (!double.IsFinite(value))
            return null;
        BigInteger denominator = BigInteger.One;
        // Doubling is exact and ends: a double is an integer over at most 2^1074.
        for (; value != Math.Truncate(value); value *= 2)
            denominator <<= 1;
        return Create(new BigInteger(value), denominator);
    }

    /// <summary>The nearest floating-point number, within a rounding or two.</summary>
    public double ToDouble()
    {
        // Keep 64 bits of quotient whatever the sizes: dividing two converted numbers would overflow.
        int shift = (int)(Denominator.GetBitLength() - BigInteger.Abs(Numerator).GetBitLength()) + 64;
        BigInteger quotient = shift >= 0 ? (Numerator << shift) / Denominator : Numerator / (Denominator << -shift);
        return Math.ScaleB((double)quotient, -shift);
    }

    public static Rational? Add(Rational a, Rational b) => Create(a.Numerator * b.Denominator + b.Numerator * a.Denominator, a.Denominator * b.Denominator);

    public static Rational? Subtract(Rational a, Rational b) => Add(a, Negate(b));

    public static Rational? Multiply(Rational a, Rational b) => Create(a.Numerator * b.Numerator, a.Denominator * b.Denominator);

    public static Rational? Divide(Rational a, Rational b) => Create(a.Numerator * b.Denominator, a.Denominator * b.Numerator);

    public static Rational Negate(Rational a) => new(-a.Numerator, a.Denominator);

    /// <summary>The largest integer that is not above a/b.</summary>
    public static Rational? FloorDivide(Rational a, Rational b)
    {
        if (Divide(a, b) is not { } quotient)
            return null;
        BigInteger floor = BigInteger.DivRem(quotient.Numerator, quotient.Denominator, out BigInteger remainder);
        return FromInteger(remainder.Sign < 0 ? floor - 1 : floor);
    }

    /// <summary>a to the power of b: exact for whole b, else in floating point; null where that is not a real number.</summary>
    public static Rational? Power(Rational a, Rational b)
    {
        if (!b.Denominator.IsOne)
            return FromDouble(Math.Pow(a.ToDouble(), b.ToDouble()));
        BigInteger size = BigInteger.Abs(b.Numerator);
        // Before the power is taken: |a| of n bits to the power of m has at least (n − 1)·m bits.
        if (size > int.MaxValue || (Bits(a) - 1) * size > MaximumBits)
            return null;
        BigInteger numerator = BigInteger.Pow(a.Numerator, (int)size);
        BigInteger denominator = BigInteger.Pow(a.Denominator, (int)size);
        return b.Numerator.Sign < 0 ? Create(denominator, numerator) : Create(numerator, denominator);
    }

    private static Rational? Create(BigInteger numerator, BigInteger denominator)
    {
        if (denominator.IsZero)
            return null;
        BigInteger divisor = BigInteger.GreatestCommonDivisor(numerator, denominator) * denominator.Sign;
        var value = new Rational(numerator / divisor, denominator / divisor);
        return Bits(value) <= MaximumBits ? value : null;
    }

    private static long Bits(Rational value) => Math.Max(BigInteger.Abs(value.Numerator).GetBitLength(), value.Denominator.GetBitLength());
}
