using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>One teacher-forced forward pass over prompts and responses, without gradient, that gives log-probabilities, entropies, head measurements, WAAD and
/// FAI.</summary>
internal static class RhythmPass
{
    /// <summary>All metrics of a batch of sequences. Those of about one length are computed together; groups per batch are over all of them.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="sequences">Prompts and responses.</param>
    /// <param name="options">How they are computed.</param>
    /// <param name="scores">Whether log-probabilities and entropies are wanted; without them the pass ends with the attention of the last layer that is read
    /// and takes the kernels of sampling, and the arrays are empty.</param>
    public static RhythmAnalysis[] Analyze(Decoder decoder, IReadOnlyList<TokenSequence> sequences, RhythmOptions options, bool scores = true)
    {
        SequenceCheck.Sequences(decoder.Config, sequences);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Part[] parts = [.. LengthParts.Split(sequences).Select(rows => Run(decoder, sequences, rows, options, scores))];
        HeadGroups? shared = Grouping(options) == HeadGrouping.PerBatch && MeasuresHeads(options)
            ? HeadMeasurement.Pool(parts.SelectMany(part => part.Heads!)).Group(options.HeadRatio)
            : options.FrozenGroups;
        RhythmAnalysis[] analyses = new RhythmAnalysis[sequences.Count];
        foreach (Part part in parts) Describe(part, shared, options, analyses);
        return analyses;
    }

    /// <summary>The pass of a training step: scores [B, R] whose gradient flows, and from the same pass the metrics, with groups that are given or each
    /// sequence's own.</summary>
    /// <param name="decoder">The decoder.</param>
    /// <param name="sequences">Prompts and responses.</param>
    /// <param name="options">Not with groups per batch: those are known only when the pass is over.</param>
    /// <param name="measure">Whether heads are measured where groups are given, to find the next ones.</param>
    /// <param name="entropyGradient">Whether entropies carry a gradient, too.</param>
    public static (TokenScores Scores, RhythmAnalysis[] Analyses, HeadMeasurement[]? Heads) Score(
        Decoder decoder, IReadOnlyList<TokenSequence> sequences, RhythmOptions options, bool measure, bool entropyGradient = false)
    {
        using var scope = NewDisposeScope();
        measure |= MeasuresHeads(options);
        var observers = new List<(int[] Rows, RhythmObserver Observer)>();
        EntropyUse entropies = entropyGradient ? EntropyUse.Gradient : EntropyUse.Value;
        TokenScores scores = PackedScores.Score(decoder, sequences, options.Temperature, entropies, (rows, batch) =>
        {
            var observer = new RhythmObserver(decoder.Config, options, batch, measure, metrics: true);
            observers.Add((rows, observer));
            return observer;
        });
        int[] lengths = [.. sequences.Select(sequence => sequence.ResponseIds.Length)];
        float[][] logProbabilities = TokenScores.Rows(scores.LogProbabilities, lengths), uncertainty = TokenScores.Rows(scores.Entropies!, lengths);
        RhythmAnalysis[] analyses = new RhythmAnalysis[sequences.Count];
        HeadMeasurement[]? heads = measure ? new HeadMeasurement[sequences.Count] : null;
        foreach ((int[] rows, RhythmObserver observer) in observers)
        {
            HeadMeasurement[]? measured = measure ? Measure(observer, rows) : null;
            for (int i = 0; i < rows.Length; i++) heads?[rows[i]] = measured![i];
            Describe(new Part(rows, observer, measured, Of(logProbabilities), Of(uncertainty)), options.FrozenGroups, options, analyses);

            float[][] Of(float[][] all) => [.. rows.Select(row => all[row])];
        }
        scores.LogProbabilities.MoveToOuterDisposeScope();
        scores.Entropies!.MoveToOuterDisposeScope();
        return (scores, analyses, heads);
    }

    /// <summary>What is measured of the heads in each sequence of a batch; the pass ends with the attention of the last layer that is read.</summary>
    public static HeadMeasurement[] Measure(Decoder decoder, IReadOnlyList<TokenSequence> sequences, RhythmOptions options)
    {
        SequenceCheck.Sequences(decoder.Config, sequences);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        HeadMeasurement[] measurements = new HeadMeasurement[sequences.Count];
        foreach (int[] rows in LengthParts.Split(sequences))
        {
            using var partScope = NewDisposeScope();
            using TokenBatch batch = TokenBatch.Create([.. rows.Select(row => sequences[row])], decoder.Device);
            var observer = new RhythmObserver(decoder.Config, options, batch, heads: true, metrics: false);
            decoder.Observe(batch, observer);
            HeadMeasurement[] measured = Measure(observer, rows);
            for (int i = 0; i < rows.Length; i++) measurements[rows[i]] = measured[i];
        }
        return measurements;
    }

    /// <summary>Puts together what was found in a part.</summary>
    private static void Describe(Part part, HeadGroups? shared, RhythmOptions options, RhythmAnalysis[] analyses)
    {
        HeadGroups?[] groups = [.. part.Rows.Select((_, i) => shared ?? part.Heads?[i].Group(options.HeadRatio))];
        float[][] waad = part.Observer.Waad([.. groups.Select(g => options.AllHeads ? null : g!.Local)]),
            fai = part.Observer.Fai([.. groups.Select(g => options.AllHeads ? null : g!.Global)]);
        float[][]? receiverFai = options.Receivers ? part.Observer.Fai([.. groups.Select(g => g!.Receivers)]) : null;
        for (int i = 0; i < part.Rows.Length; i++)
        {
            int row = part.Rows[i];
            analyses[row] = new RhythmAnalysis
            {
                Waad = waad[i],
                Fai = fai[i],
                ReceiverFai = receiverFai?[i],
                LogProbabilities = part.LogProbabilities[i],
                Entropies = part.Entropies[i],
                Groups = options.AllHeads ? null : groups[i],
                Spans = part.Heads?[i].Spans,
                Receivers = options.Receivers ? groups[i]!.Receivers : null,
            };
            FiniteCheck.Require(waad[i], "attention weights", row);
            FiniteCheck.Require(fai[i].AsSpan(0, Math.Max(0, fai[i].Length - options.MinimumHorizon)), "attention weights", row);
        }
    }

    private static bool MeasuresHeads(RhythmOptions options) => Grouping(options) != HeadGrouping.Frozen && (!options.AllHeads || options.Receivers);

    private static HeadGrouping Grouping(RhythmOptions options) => options.GroupingOr(HeadGrouping.PerSequence);

    /// <summary>The forward pass over some of the sequences.</summary>
    private static Part Run(Decoder decoder, IReadOnlyList<TokenSequence> sequences, int[] rows, RhythmOptions options, bool wantsScores)
    {
        using var scope = NewDisposeScope();
        using TokenBatch batch = TokenBatch.Create([.. rows.Select(row => sequences[row])], decoder.Device);
        var observer = new RhythmObserver(decoder.Config, options, batch, MeasuresHeads(options), metrics: true);
        float[][] logProbabilities = [.. rows.Select(_ => Array.Empty<float>())], entropies = logProbabilities;
        if (!wantsScores)
        {
            decoder.Observe(batch, observer, fast: true);
        }
        else
        {
            TokenScores scores = TokenScores.Compute(decoder, decoder.Forward(batch, observer), batch, options.Temperature, entropies: EntropyUse.Value);
            logProbabilities = TokenScores.Rows(scores.LogProbabilities, batch.ResponseLengths);
            entropies = TokenScores.Rows(scores.Entropies!, batch.ResponseLengths);
            for (int i = 0; i < rows.Length; i++) FiniteCheck.Require(entropies[i], "logits", rows[i]);
        }
        HeadMeasurement[]? heads = MeasuresHeads(options) ? Measure(observer, rows) : null;
        return new Part(rows, observer, heads, logProbabilities, entropies);
    }

    private static HeadMeasurement[] Measure(RhythmObserver observer, int[] rows)
    {
        HeadMeasurement[] measured = observer.Measure();
        for (int i = 0; i < rows.Length; i++)
            FiniteCheck.Require(measured[i].Spans.Spans.SelectMany(layer => layer), "attention weights", rows[i]);
        return measured;
    }

    /// <summary>What the pass over some of the sequences found.</summary>
    private sealed record Part(int[] Rows, RhythmObserver Observer, HeadMeasurement[]? Heads, float[][] LogProbabilities, float[][] Entropies);
}
