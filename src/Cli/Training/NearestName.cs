namespace MLNetAttn.Cli;

/// <summary>Finds what somebody meant who mistyped a name.</summary>
internal static class NearestName
{
    /// <summary>The candidate that is fewest changes away; null where the nearest is farther than a third of the name.</summary>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        (string? nearest, int least) = (null, Math.Max(2, name.Length / 3) + 1);
        foreach (string candidate in candidates)
        {
            int distance = Distance(name, candidate);
            if (distance < least) (nearest, least) = (candidate, distance);
        }
        return nearest;
    }

    /// <summary>The shortest candidate that begins with the name, as with one that was cut short; null where there is none, or the name says too
    /// little.</summary>
    public static string? Complete(string name, IEnumerable<string> candidates) =>
        name.Length < 3 ? null : candidates.Where(candidate => candidate.StartsWith(name, StringComparison.Ordinal)).MinBy(candidate => candidate.Length);

    /// <summary>How many letters must be added, left out, replaced, or swapped with the next to make one text of the other (optimal string
    /// alignment).</summary>
    public static int Distance(string first, string second)
    {
        int[,] table = new int[first.Length + 1, second.Length + 1];
        for (int i = 0; i <= first.Length; i++) table[i, 0] = i;
        for (int j = 0; j <= second.Length; j++) table[0, j] = j;
        for (int i = 1; i <= first.Length; i++)
        {
            for (int j = 1; j <= second.Length; j++)
            {
                int replaced = table[i - 1, j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(replaced, Math.Min(table[i - 1, j], table[i, j - 1]) + 1);
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }
        return table[first.Length, second.Length];
    }
}
