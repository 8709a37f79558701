namespace MLNetAttn.Modeling;

/// <summary>Puts sequences of about one length together, so that a pass over many computes little padding.</summary>
internal static class LengthParts
{
    private const double ShortestShare = 0.75;
    private const int MaximumTokens = 1 << 15;

    /// <summary>Cuts sequences, longest first, into parts whose shortest is at least three quarters as long as their longest.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="most">The most sequences of a part; at least 1.</param>
    /// <returns>For each part, which sequences it has.</returns>
    public static IEnumerable<int[]> Split(IReadOnlyList<TokenSequence> sequences, int most = int.MaxValue)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Count).OrderByDescending(i => sequences[i].Length)];
        for (int start = 0; start < order.Length;)
        {
            int longest = sequences[order[start]].Length, end = start + 1;
            while (end < order.Length
                && end - start < most
                && sequences[order[end]].Length >= ShortestShare * longest
                && (long)(end + 1 - start) * longest <= MaximumTokens)
                end++;
            yield return order[start..end];
            start = end;
        }
    }
}
