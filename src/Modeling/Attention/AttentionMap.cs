namespace MLNetAttn.Modeling;

/// <summary>The attention map of one head, or the mean map of several, over the tokens of prompt and response: A[t,s] for s ≤ t. For pictures; no metric needs
/// one.</summary>
public sealed class AttentionMap
{
    private readonly double[][] _rows;

    /// <param name="rows">Row t has the weights that query t gives to keys 0 to t; each 0 to 1.</param>
    /// <exception cref="ArgumentException">No row, a row of another length, or a weight out of range; the message names the row.</exception>
    public AttentionMap(IReadOnlyList<double[]> rows)
    {
        if (rows.Count == 0) throw new ArgumentException("The map has no rows, expected one per token.", nameof(rows));
        for (int t = 0; t < rows.Count; t++)
        {
            if (rows[t].Length != t + 1)
                throw new ArgumentException($"Row {t} has {rows[t].Length} weights, expected {t + 1}: those of keys 0 to {t}.", nameof(rows));
            // A mean of float32 weights may exceed 1 in its last bits.
            int bad = Array.FindIndex(rows[t], weight => weight is not (>= 0 and <= 1.001));
            if (bad >= 0) throw new ArgumentException($"Row {t} gives key {bad} the weight {rows[t][bad]}, expected 0 to 1.", nameof(rows));
        }
        _rows = [.. rows];
    }

    /// <summary>N, the tokens of prompt and response.</summary>
    public int Length => _rows.Length;

    /// <summary>A[t,s]: the weight that a query gives to a key; 0 above the diagonal.</summary>
    /// <param name="query">t, from 0.</param>
    /// <param name="key">s, from 0.</param>
    public double this[int query, int key] => key <= query ? _rows[query][key] : 0;

    /// <summary>The weights that a query gives to keys 0 to t; they add up to 1.</summary>
    /// <param name="query">t, from 0.</param>
    public ReadOnlySpan<double> Row(int query) => _rows[query];
}
