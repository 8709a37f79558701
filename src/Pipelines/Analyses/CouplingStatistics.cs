using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>How strongly the rhythm of planning and anchoring is coupled in a model's responses (Table 2 of arXiv 2510.13554). Everything is pooled over all
/// tokens, or peaks, of all responses.</summary>
/// <remarks>
/// Peaks are what <see cref="Modeling.RhythmPeaks"/> finds; the paper does not define them. p-values come from shuffling peaks within their responses, counts
/// kept, so they do not depend on how responses differ; neighbouring tokens are alike, which such a shuffle does not know: read small p-values with the
/// intervals, which resample whole responses.
/// </remarks>
/// <example>
/// <code>
/// IDataView rhythm = mlContext.Transforms.AttentionRhythm(model, CouplingOptions.Rhythm).Fit(rows).Transform(rows);
/// Console.WriteLine(CouplingStatistics.Compute(rhythm));
/// </code>
/// </example>
public sealed record CouplingStatistics
{
    /// <summary>How many responses there are.</summary>
    public required int Responses { get; init; }

    /// <summary>How many tokens they have.</summary>
    public required int Tokens { get; init; }

    /// <summary>Mean entropy, in nats, at the peaks of WAAD; random: of all tokens.</summary>
    public required CouplingStatistic EntropyAtWaadPeaks { get; init; }

    /// <summary>The share of the receiver heads' FAI peaks that are peaks of FAI; random: the share of tokens that are.</summary>
    public required CouplingStatistic ReceiverPeaksAtFaiPeaks { get; init; }

    /// <summary>The share of FAI peaks at, or one token after, a peak of WAAD; random: FAI peaks anywhere in their responses, in closed form.</summary>
    public required CouplingStatistic FaiPeaksNearWaadPeaks { get; init; }

    /// <summary>Computes the statistics of a view's rows, from one pass over it.</summary>
    /// <param name="view">Rows with the columns that <see cref="CouplingOptions.Rhythm"/> asks <c>AttentionRhythm</c> for. Rows with empty vectors do not
    /// count.</param>
    /// <param name="options">Columns and settings; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the work between two rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or no vector of Single.</exception>
    /// <exception cref="ArgumentException">An option is out of range, the columns of a row have different lengths, an entropy is no number, or no row has a
    /// token.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static CouplingStatistics Compute(IDataView view, CouplingOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new CouplingOptions();
        DataViewSchema.Column[] columns =
            [Find(options.WaadColumnName), Find(options.FaiColumnName), Find(options.ReceiverFaiColumnName), Find(options.EntropyColumnName)];
        // One cursor for all: each would run the models that the columns come from.
        using DataViewRowCursor cursor = view.GetRowCursor(columns);
        Func<double[]>[] read = [.. columns.Select(cursor.Doubles)];
        var responses = new List<ResponseRhythm>();
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            responses.Add(new ResponseRhythm(read[0](), read[1](), read[2](), read[3]()));
        }
        return Compute(responses, options);

        DataViewSchema.Column Find(string name) =>
            view.Schema.GetColumnOrNull(name) is { Type: VectorDataViewType { ItemType: NumberDataViewType item } } column && item == NumberDataViewType.Single
                ? column
                : throw new ArgumentOutOfRangeException(
                    nameof(view),
                    $"Column '{name}' is missing or no vector of Single. Let AttentionRhythm write it, as CouplingOptions.Rhythm asks for.");
    }

    /// <summary>Computes the statistics of responses.</summary>
    /// <param name="responses">The responses; those without tokens do not count.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range, a response's lists have different lengths, an entropy is no number, or no response has a
    /// token.</exception>
    public static CouplingStatistics Compute(IReadOnlyList<ResponseRhythm> responses, CouplingOptions? options = null)
    {
        options ??= new CouplingOptions();
        options.Validate();
        for (int i = 0; i < responses.Count; i++)
            if (new[] { responses[i].Fai, responses[i].ReceiverFai, responses[i].Entropy }
                .FirstOrDefault(values => values.Length != responses[i].Waad.Length) is { } other)
                throw new ArgumentException(
                    $"Response {i} has {responses[i].Waad.Length} values of WAAD and {other.Length} of another metric, expected as many.",
                    nameof(responses));
        for (int i = 0; i < responses.Count; i++)
            if (Array.FindIndex(responses[i].Entropy, value => !double.IsFinite(value)) is >= 0 and var token)
                throw new ArgumentException(
                    FormattableString.Invariant($"The entropy of token {token} of response {i} is {responses[i].Entropy[token]}, expected a number of nats."),
                    nameof(responses));
        CouplingCounts[] counts =
        [
            .. responses
                .Where(response => response.Waad.Length > 0)
                .Select(response => new CouplingCounts(response, options.Prominence)),
        ];
        if (counts.Length == 0) throw new ArgumentException("There is no response with a token: nothing can be said of its rhythm.", nameof(responses));
        return new CouplingStatistics
        {
            Responses = counts.Length,
            Tokens = counts.Sum(count => count.Tokens),
            EntropyAtWaadPeaks = Statistic(counts, options, new(
                rows => Sum(rows, row => row.EntropySum) / Sum(rows, row => row.Tokens),
                rows => Sum(rows, row => row.EntropyAtWaadPeaks) / Sum(rows, row => row.WaadPeaks.Length),
                row => row.WaadPeaks, row => row.Entropy)),
            ReceiverPeaksAtFaiPeaks = Statistic(counts, options, new(
                rows => Sum(rows, row => row.FaiPeaks.Length) / Sum(rows, row => row.Tokens),
                rows => Sum(rows, row => row.ReceiverPeaksAtFaiPeaks) / Sum(rows, row => row.ReceiverPeaks),
                row => row.FaiPeaks, row => row.IsReceiverPeak)),
            FaiPeaksNearWaadPeaks = Statistic(counts, options, new(
                rows => Sum(rows, row => row.FaiPeaks.Length * row.Covered / row.Tokens) / Sum(rows, row => row.FaiPeaks.Length),
                rows => Sum(rows, row => row.CoveredFaiPeaks) / Sum(rows, row => row.FaiPeaks.Length),
                row => row.FaiPeaks, row => row.IsCovered)),
        };
    }

    /// <summary>JSON with names in snake_case.</summary>
    public string ToJson() => ResultText.Json(this);

    /// <summary>The table, for a report (<see cref="RhythmReport.Add(ReportTable)"/>).</summary>
    public ReportTable ToTable() => new(
        "Coupling of the rhythm",
        ["coupling", "random", "observed", "lift", "95 % interval", "p"],
        [
            Row("mean entropy at WAAD peaks (nats)", EntropyAtWaadPeaks, ResultText.Number),
            Row("receiver-FAI peaks that are FAI peaks", ReceiverPeaksAtFaiPeaks, ResultText.Percent),
            Row("FAI peaks at or after a WAAD peak", FaiPeaksNearWaadPeaks, ResultText.Percent),
        ])
    { Note = $"{Size}, pooled; intervals of the lift by bootstrap over responses, p by shuffling peaks within their responses, one-sided." };

    /// <summary>A table.</summary>
    public override string ToString() => $"{Size}\n{ResultText.Table(ToTable())}";

    private string Size => $"{Responses} responses, {Tokens} tokens";

    private static string[] Row(string name, CouplingStatistic statistic, Func<double, string> format) =>
    [
        name,
        format(statistic.Random),
        format(statistic.Observed),
        ResultText.SignedPercent(statistic.Lift),
        ResultText.SignedPercents(statistic.LiftInterval),
        ResultText.Probability(statistic.PValue),
    ];

    private static CouplingStatistic Statistic(CouplingCounts[] rows, CouplingOptions options, Definition definition)
    {
        double random = definition.Random(rows), observed = definition.Observed(rows);
        ConfidenceInterval lift = Bootstrap.Interval(rows.Length, options.BootstrapDraws, options.Seed, drawn =>
        {
            CouplingCounts[] sample = [.. drawn.Select(i => rows[i])];
            double chance = definition.Random(sample);
            return (definition.Observed(sample) - chance) / chance;
        });
        return new CouplingStatistic(random, observed, lift, double.IsNaN(observed) ? double.NaN : PValue(rows, options, definition));
    }

    /// <summary>(1 + permutations with a sum at least as large) / (1 + permutations); what the sum is divided by does not change with them.</summary>
    private static double PValue(CouplingCounts[] rows, CouplingOptions options, Definition definition)
    {
        // Sums of the same numbers in another order differ by rounding.
        double observed = rows.Sum(row => definition.Peaks(row).Sum(peak => definition.Value(row)[peak])) * (1 - 1e-12);
        int[][] places = [.. rows.Select(row => Enumerable.Range(0, row.Tokens).ToArray())];
        var random = new SeededRandom(options.Seed);
        int atLeast = 0;
        for (int permutation = 0; permutation < options.Permutations; permutation++)
        {
            double sum = 0;
            for (int i = 0; i < rows.Length; i++) sum += SumAnywhere(ref random, places[i], definition.Peaks(rows[i]).Length, definition.Value(rows[i]));
            if (sum >= observed) atLeast++;
        }
        return (1.0 + atLeast) / (1 + options.Permutations);
    }

    /// <summary>The sum of some of the values, drawn without replacement.</summary>
    /// <param name="random">The draws.</param>
    /// <param name="places">Every index once, in any order.</param>
    /// <param name="count">How many are drawn.</param>
    /// <param name="values">The values.</param>
    private static double SumAnywhere(ref SeededRandom random, int[] places, int count, double[] values)
    {
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            int other = i + random.Next(places.Length - i);
            (places[i], places[other]) = (places[other], places[i]);
            sum += values[places[i]];
        }
        return sum;
    }

    private static double Sum(IEnumerable<CouplingCounts> rows, Func<CouplingCounts, double> value) => rows.Sum(value);

    /// <summary>A statistic: by chance, as observed, and as a sum of a value over peaks that are shuffled.</summary>
    private sealed record Definition(
        Func<IReadOnlyList<CouplingCounts>, double> Random,
        Func<IReadOnlyList<CouplingCounts>, double> Observed,
        Func<CouplingCounts, int[]> Peaks,
        Func<CouplingCounts, double[]> Value);
}
