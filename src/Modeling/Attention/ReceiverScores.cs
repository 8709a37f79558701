namespace MLNetAttn.Modeling;

/// <summary>How selective the attention is that each head gives to earlier response tokens (Bogdan et al., <i>Thought Anchors</i>, arXiv 2506.19143): the
/// excess kurtosis of the head's own FAI with an open end.</summary>
/// <remarks>A head whose later tokens look at few earlier ones scores high: a receiver. Over several responses a head's score is the mean of those that are
/// defined.</remarks>
public sealed class ReceiverScores
{
    // Two defined values have a kurtosis of −2 whatever they are: without this rounding, the last bits would choose the receivers of a short response.
    private const int Digits = 9;

    private readonly double[][] _sums;
    private readonly long[][] _counts;

    /// <param name="layers">The layers read, ascending.</param>
    /// <param name="scores">Per layer read, the score of each of its query heads in one response; NaN = undefined.</param>
    public ReceiverScores(IReadOnlyList<int> layers, IReadOnlyList<IReadOnlyList<double>> scores)
        : this(
            layers,
            [.. scores.Select(heads => heads.Select(score => double.IsNaN(score) ? 0 : score).ToArray())],
            [.. scores.Select(heads => heads.Select(score => double.IsNaN(score) ? 0L : 1L).ToArray())])
    {
    }

    private ReceiverScores(IReadOnlyList<int> layers, double[][] sums, long[][] counts)
    {
        if (layers.Count == 0 || layers.Count != sums.Length)
            throw new ArgumentException($"{layers.Count} layers and scores of {sums.Length} layers; expected as many, at least one.");
        (Layers, _sums, _counts) = ([.. layers], sums, counts);
        Scores = [.. sums.Select((heads, layer) => heads.Select((sum, head) => counts[layer][head] > 0 ? sum / counts[layer][head] : double.NaN).ToArray())];
    }

    /// <summary>The layers read, ascending.</summary>
    public IReadOnlyList<int> Layers { get; }

    /// <summary>Per layer of <see cref="Layers"/>, the score of each query head; at least −2, NaN where it is defined for no response.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Scores { get; }

    /// <summary>Scores over the responses of several data sets: every response counts alike, however long it is.</summary>
    /// <exception cref="ArgumentException">None were given, or they are of different layers.</exception>
    public static ReceiverScores Pool(IEnumerable<ReceiverScores> parts)
    {
        ReceiverScores[] all = [.. parts];
        if (all.Length == 0) throw new ArgumentException("No scores to pool, expected at least one.", nameof(parts));
        if (all.Any(part => !part.Layers.SequenceEqual(all[0].Layers)))
            throw new ArgumentException("Scores of different layers cannot be pooled.", nameof(parts));
        return new ReceiverScores(all[0].Layers, Add(part => part._sums), Add(part => part._counts));

        T[][] Add<T>(Func<ReceiverScores, T[][]> values) where T : System.Numerics.INumber<T> =>
            [.. all[0]._sums.Select((heads, layer) =>
                heads.Select((_, head) => all.Aggregate(T.Zero, (sum, part) => sum + values(part)[layer][head])).ToArray())];
    }

    /// <summary>The receivers: the heads of the highest scores, highest first (ties: lower layer, then lower head; an undefined score comes last).</summary>
    /// <param name="count">How many; where there are fewer heads, all.</param>
    public HeadIndex[] Highest(int count) => [.. Layers
        .SelectMany((layer, i) => Scores[i].Select((score, head) => (Score: Math.Round(score, Digits), Index: new HeadIndex(layer, head))))
        .OrderBy(h => double.IsNaN(h.Score)).ThenByDescending(h => h.Score).ThenBy(h => h.Index.Layer).ThenBy(h => h.Index.Head)
        .Take(count).Select(h => h.Index)];

    /// <summary>Excess kurtosis, Fisher's, of a population: m₄ / m₂² − 3. NaN for no values, and for values that are all the same up to their last
    /// bits.</summary>
    internal static double ExcessKurtosis(ReadOnlySpan<double> values)
    {
        double sum = 0, second = 0, fourth = 0;
        foreach (double value in values) sum += value;
        double mean = sum / values.Length;
        foreach (double value in values)
        {
            double square = (value - mean) * (value - mean);
            second += square;
            fourth += square * square;
        }
        (second, fourth) = (second / values.Length, fourth / values.Length);
        return second > 1e-30 * mean * mean ? fourth / (second * second) - 3 : double.NaN;
    }
}
