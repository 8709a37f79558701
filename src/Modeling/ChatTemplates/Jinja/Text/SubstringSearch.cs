namespace MLNetAttn.Modeling;

/// <summary>Searches of one text in another, whose work is counted: two long texts of one repeated letter take their product in time.</summary>
internal static class SubstringSearch
{
    private const int ComparedAtOnce = 1024;

    /// <summary>The UTF-16 index of the first place of a text in another, or -1. Never between the halves of a surrogate pair.</summary>
    public static int Find(JinjaState state, string text, string part, int start, int end)
    {
        Count(state, end - start, part.Length);
        return FindUncounted(text, part, start, end);
    }

    /// <summary>As <see cref="Find"/>, the last place.</summary>
    public static int FindLast(JinjaState state, string text, string part, int start, int end)
    {
        Count(state, end - start, part.Length);
        return FindLastUncounted(text, part, start, end);
    }

    /// <summary>Whether a text is in another.</summary>
    public static bool Contains(JinjaState state, string text, string part) => Find(state, text, part, 0, text.Length) >= 0;

    /// <summary>The places of a text in another, one after the other without overlap; an empty one is between all code points.</summary>
    public static IEnumerable<int> All(JinjaState state, string text, string part, int start, int end)
    {
        Count(state, end - start, part.Length);
        while (start <= end)
        {
            int found = FindUncounted(text, part, start, end);
            if (found < 0)
                yield break;
            state.Step();
            yield return found;
            start = found + (part.Length > 0 ? part.Length : found < text.Length ? PythonText.LengthAt(text, found) : 1);
        }
    }

    /// <summary>The places of a text that is not empty in another, from the last to the first, without overlap.</summary>
    public static IEnumerable<int> AllFromRight(JinjaState state, string text, string part)
    {
        Count(state, text.Length, part.Length);
        for (int end = text.Length; FindLastUncounted(text, part, 0, end) is var found and >= 0; end = found)
        {
            state.Step();
            yield return found;
        }
    }

    private static int FindLastUncounted(string text, string part, int start, int end)
    {
        for (int to = end; to >= start;)
        {
            int found = part.Length == 0 ? to - start : text.AsSpan()[start..to].LastIndexOf(part);
            if (found < 0)
                return -1;
            if (IsWhole(text, part, start + found))
                return start + found;
            to = start + found + part.Length - 1;
        }
        return -1;
    }

    private static int FindUncounted(string text, string part, int start, int end)
    {
        for (int from = start; from <= end;)
        {
            int found = text.AsSpan()[from..end].IndexOf(part);
            if (found < 0)
                return -1;
            if (IsWhole(text, part, from + found))
                return from + found;
            from += found + 1;
        }
        return -1;
    }

    private static void Count(JinjaState state, long length, long partLength) => state.Step((length / ComparedAtOnce * partLength / 16) + 1);

    private static bool IsWhole(string text, string part, int found) =>
        (part.Length == 0 || !char.IsLowSurrogate(part[0]) || found == 0 || !char.IsHighSurrogate(text[found - 1])) && (
            part.Length == 0 || !char.IsHighSurrogate(part[^1]) || found + part.Length == text.Length || !char.IsLowSurrogate(text[found + part.Length]));
}
