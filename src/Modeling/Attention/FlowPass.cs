using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Forward passes that keep the mean attention map of each sequence, which tracing a flow backward and forward needs.</summary>
internal static class FlowPass
{
    // Maps held at once: 256 MB, or one map where that is larger (T = 8192: 268 MB).
    private const long MapElements = 1 << 26;

    /// <summary>Traces the flow of each sequence.</summary>
    public static FlowAnalysis[] Analyze(Decoder decoder, IReadOnlyList<FlowSequence> sequences, LayerSelection layers)
    {
        HeadIndex[] heads = [.. layers.Resolve(decoder.Config.LayerCount)
            .SelectMany(layer => Enumerable.Range(0, decoder.Config.HeadCount).Select(head => new HeadIndex(layer, head)))];
        TokenSequence[] tokens = [.. sequences.Select(sequence => sequence.Tokens)];
        ((int Start, int End) Question, (int Start, int End) Answer)[] spans = [.. sequences.Select((sequence, row) => Spans(decoder.Config, sequence, row))];
        using var noGradient = no_grad();
        FlowAnalysis[] analyses = new FlowAnalysis[sequences.Count];
        foreach (int[] part in LengthParts.Split(tokens)
            .SelectMany(part => part.Chunk((int)Math.Max(1, MapElements / ((long)tokens[part[0]].Length * tokens[part[0]].Length)))))
        {
            using var scope = NewDisposeScope();
            using TokenBatch batch = TokenBatch.Create([.. part.Select(row => tokens[row])], decoder.Device);
            var observer = new MapObserver(decoder.Config, [heads], [.. part.Select(row => tokens[row].Length)]);
            decoder.Observe(batch, observer);
            for (int i = 0; i < part.Length; i++)
            {
                FlowAnalysis flow = FlowAnalysis.Trace(observer.Maps[0][i], tokens[part[i]].PromptIds.Length, spans[part[i]].Question, spans[part[i]].Answer);
                FiniteCheck.Require(flow.Throughput, "attention weights", part[i]);
                analyses[part[i]] = flow;
            }
        }
        return analyses;
    }

    /// <summary>The positions of question and answer.</summary>
    private static ((int Start, int End) Question, (int Start, int End) Answer) Spans(DecoderConfig config, FlowSequence sequence, int row)
    {
        SequenceCheck.Sequence(config, sequence.Tokens, row);
        int prompt = sequence.Tokens.PromptIds.Length;
        (int start, int end) = Positions(sequence.Answer, sequence.Tokens.ResponseIds.Length, "answer", "response");
        return (Positions(sequence.Question, prompt, "question", "prompt"), (prompt + start, prompt + end));

        (int Start, int End) Positions(Range range, int length, string what, string of)
        {
            (int from, int to) = (range.Start.GetOffset(length), range.End.GetOffset(length));
            return from >= 0 && from < to && to <= length ? (from, to)
                : throw new ArgumentException(
                    $"Row {row}: the {what} is {range} of the {of}'s {length} tokens, expected a range within them that holds at least one.");
        }
    }
}
