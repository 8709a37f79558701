using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Python's <c>slice</c>: what stands between brackets with a colon. Its parts are integers or <see cref="JinjaNone"/>.</summary>
internal sealed class JinjaSlice(JinjaValue start, JinjaValue stop, JinjaValue step) : JinjaValue
{
    public override string TypeName => "slice";

    /// <summary>The items meant in a sequence of this length, or null if a part is of another type.</summary>
    /// <exception cref="JinjaException">The step is 0.</exception>
    public SliceBounds? Resolve(int length)
    {
        if (!IsPart(start) || !IsPart(stop) || !IsPart(step))
            return null;
        BigInteger stride = step is JinjaInteger given ? given.Value : 1;
        if (stride.IsZero)
            throw JinjaException.Invalid("the step of a slice is zero");
        (int first, int end) = stride > 0 ? (0, length) : (length - 1, -1);
        int from = Clamp(start, first), to = Clamp(stop, end);
        long steps = (long)BigInteger.Max(-length - 1L, BigInteger.Min(length + 1L, stride));
        long count = steps > 0 ? (to - from + steps - 1) / steps : (to - from + steps + 1) / steps;
        return new SliceBounds(from, steps, (int)Math.Max(0, count));

        int Clamp(JinjaValue part, int otherwise)
        {
            if (part is not JinjaInteger index)
                return otherwise;
            BigInteger position = index.Value < 0 ? index.Value + length : index.Value;
            return (int)BigInteger.Max(stride > 0 ? 0 : -1, BigInteger.Min(stride > 0 ? length : length - 1, position));
        }
    }

    private static bool IsPart(JinjaValue part) => part is JinjaInteger or JinjaNone;
}

/// <summary>The items of a sequence that a slice means: <c>Start</c>, <c>Start + Step</c>, and so on.</summary>
internal readonly record struct SliceBounds(int Start, long Step, int Count)
{
    /// <summary>The place in the sequence of the slice's item.</summary>
    public int this[int item] => (int)(Start + item * Step);

    /// <summary>The place that an index, negative ones from the end, means in a sequence of this length; null if it has no such place.</summary>
    public static int? IndexOf(JinjaInteger index, int length)
    {
        BigInteger position = index.Value < 0 ? index.Value + length : index.Value;
        return position >= 0 && position < length ? (int)position : null;
    }
}
