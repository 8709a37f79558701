using System.Globalization;

namespace MLNetAttn.Experiments;

/// <summary>Seeds as people write them: 1-5, or 1-3,7.</summary>
internal static class SeedList
{
    /// <exception cref="ArgumentException">They are neither ranges nor numbers with commas between, or none.</exception>
    public static IReadOnlyList<long> Parse(string text)
    {
        try
        {
            return [.. text.Split(',').SelectMany(Range).Distinct()];
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentOutOfRangeException)
        {
            throw new ArgumentException(
                $"Seeds '{text}' are not understood, expected first-last such as 1-5, numbers such as 1,2,7, or both: 1-3,7.", exception);
        }
    }

    private static IEnumerable<long> Range(string text)
    {
        if (text.Split('-') is not [var from, var to]) return [Number(text)];
        (long first, long last) = (Number(from), Number(to));
        return first <= last
            ? Enumerable.Range(0, checked((int)(last - first + 1))).Select(i => first + i)
            : throw new ArgumentException($"Seeds '{text}' are none: the last is below the first.");
    }

    private static long Number(string number) => long.Parse(number.Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
}
