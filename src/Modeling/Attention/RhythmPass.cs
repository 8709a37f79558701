using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>One teacher-forced forward pass over prompts and responses, without gradient, that gives log-probabilities, entropies, spans, WAAD and FAI.</summary>
internal static class RhythmPass
{
    /// <summary>All metrics of a batch of sequences. Those of about one length are computed together; groups per batch are over all of them.</summary>
    public static RhythmAnalysis[] Analyze(Decoder decoder, IReadOnlyList<TokenSequence> sequences, RhythmOptions options)
    {
        options.Validate();
        Check(decoder, sequences);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Part[] parts = [.. LengthParts.Split(sequences).Select(rows => Run(decoder, sequences, rows, options))];
        HeadGroups? shared = options switch
        {
            { AllHeads: true } => null,
            { Grouping: HeadGrouping.PerBatch } => HeadSpans.Pool(parts.SelectMany(part => part.Observer.SequenceSpans())).Group(options.HeadRatio),
            _ => options.FrozenGroups,
        };
        RhythmAnalysis[] analyses = new RhythmAnalysis[sequences.Count];
        foreach (Part part in parts)
        {
            HeadGroups?[] groups = shared is null && !options.AllHeads
                ? [.. part.Observer.SequenceSpans().Select(spans => spans.Group(options.HeadRatio))]
                : [.. Enumerable.Repeat(shared, part.Rows.Length)];
            float[,] waad = part.Observer.Waad([.. groups.Select(g => g?.Local)]), fai = part.Observer.Fai([.. groups.Select(g => g?.Global)]);
            for (int i = 0; i < part.Rows.Length; i++)
            {
                (int prompt, int response) = (sequences[part.Rows[i]].PromptIds.Length, sequences[part.Rows[i]].ResponseIds.Length);
                int first = i * part.Batch.ResponseLength;
                analyses[part.Rows[i]] = new RhythmAnalysis
                {
                    Waad = Row(waad, i, prompt, response),
                    Fai = Row(fai, i, prompt, response),
                    LogProbabilities = part.LogProbabilities[first..(first + response)],
                    Entropies = part.Entropies[first..(first + response)],
                    Groups = groups[i],
                };
            }
            part.Batch.Dispose();
        }
        return analyses;
    }

    /// <summary>The head spans of each sequence of a batch; the pass stops after the last layer that is read.</summary>
    public static HeadSpans[] Spans(Decoder decoder, IReadOnlyList<TokenSequence> sequences, RhythmOptions options)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Check(decoder, sequences);
        using TokenBatch batch = TokenBatch.Create(sequences, decoder.Device);
        var observer = new RhythmObserver(decoder.Config, options, batch, spans: true, metrics: false);
        decoder.Forward(batch.Ids, observer: observer, lastLayer: observer.LastLayer);
        return observer.SequenceSpans();
    }

    /// <summary>The forward pass over some of the sequences.</summary>
    private static Part Run(Decoder decoder, IReadOnlyList<TokenSequence> sequences, int[] rows, RhythmOptions options)
    {
        using var scope = NewDisposeScope();
        TokenBatch batch = TokenBatch.Create([.. rows.Select(row => sequences[row])], decoder.Device);
        var observer = new RhythmObserver(decoder.Config, options, batch, spans: options is { AllHeads: false, Grouping: not HeadGrouping.Frozen }, metrics: true);
        Tensor hidden = decoder.Forward(batch.Ids, observer: observer);                                     // [b, T, d]
        TokenScores scores = TokenScores.Compute(decoder, hidden, batch, options.Temperature, entropies: true);
        observer.MoveToOuterDisposeScope();
        return new Part(rows, batch, observer, Read(scores.LogProbabilities), Read(scores.Entropies!));

        static float[] Read(Tensor values) => [.. values.to(ScalarType.Float32).cpu().data<float>()];
    }

    private static void Check(Decoder decoder, IReadOnlyList<TokenSequence> sequences)
    {
        for (int row = 0; row < sequences.Count; row++)
            SequenceCheck.Sequence(decoder.Config, sequences[row], row);
    }

    private static float[] Row(float[,] values, int row, int first, int count)
    {
        float[] result = new float[count];
        for (int i = 0; i < count; i++) result[i] = values[row, first + i];
        return result;
    }

    /// <summary>What the pass over some of the sequences found.</summary>
    private sealed record Part(int[] Rows, TokenBatch Batch, RhythmObserver Observer, float[] LogProbabilities, float[] Entropies);
}
