using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Forward passes that keep the mean attention map of each sequence, which tracing a flow backward and forward needs: 4 · T² bytes a sequence, the only thing here that is quadratic in memory.</summary>
internal static class FlowPass
{
    // Maps held at once: 256 MB, or one map where that is larger (T = 8192: 268 MB).
    private const long MapElements = 1 << 26;

    /// <summary>Traces the flow of each sequence.</summary>
    public static FlowAnalysis[] Analyze(Decoder decoder, IReadOnlyList<FlowSequence> sequences, LayerSelection layers)
    {
        int[] read = layers.Resolve(decoder.Config.LayerCount);
        TokenSequence[] tokens = [.. sequences.Select(sequence => sequence.Tokens)];
        ((int Start, int End) Question, (int Start, int End) Answer)[] spans = [.. sequences.Select((sequence, row) => Spans(decoder.Config, sequence, row))];
        using var noGradient = no_grad();
        FlowAnalysis[] analyses = new FlowAnalysis[sequences.Count];
        foreach (int[] part in LengthParts.Split(tokens).SelectMany(part => part.Chunk((int)Math.Max(1, MapElements / ((long)tokens[part[0]].Length * tokens[part[0]].Length)))))
        {
            using var scope = NewDisposeScope();
            using TokenBatch batch = TokenBatch.Create([.. part.Select(row => tokens[row])], decoder.Device);
            var observer = new MapObserver(decoder.Config, read, [.. part.Select(row => tokens[row].Length)]);
            decoder.Forward(batch.Ids, observer: observer, lastLayer: read[^1]);
            for (int i = 0; i < part.Length; i++)
            {
                FlowAnalysis flow = FlowAnalysis.Trace(observer.Maps[i], tokens[part[i]].PromptIds.Length, spans[part[i]].Question, spans[part[i]].Answer);
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
                : throw new ArgumentException($"Row {row}: the {what} is {range} of the {of}'s {length} tokens, expected a range within them that holds at least one.");
        }
    }

    /// <summary>Adds up maps over heads and layers, in blocks of queries.</summary>
    private sealed class MapObserver : IAttentionObserver
    {
        private readonly DecoderConfig _config;
        private readonly int[] _layers;

        public MapObserver(DecoderConfig config, int[] layers, int[] lengths)
        {
            (_config, _layers) = (config, layers);
            Maps = [.. lengths.Select(length => Enumerable.Range(1, length).Select(keys => new double[keys]).ToArray())];
        }

        /// <summary>Of each sequence, the mean map over heads and layers: row t has the weights of keys 0 to t.</summary>
        public double[][][] Maps { get; }

        public bool Reads(int layer) => Array.IndexOf(_layers, layer) >= 0;

        public void Observe(int layer, Tensor queries, Tensor keys, Tensor logSumExp, Tensor? distances)
        {
            using var scope = NewDisposeScope();
            int visible = _config.SlidingLayers[layer] && _config.SlidingWindow is { } window ? window : (int)queries.shape[2];
            double share = 1.0 / (_config.HeadCount * _layers.Length);
            Tensor headKeys = keys.repeat_interleave(_config.HeadCount / _config.KeyValueHeadCount, 1);
            foreach (AttentionBands.Block block in AttentionBands.Blocks(queries, headKeys, logSumExp, first: 0, reach: visible - 1))
            {
                using var blockScope = NewDisposeScope();
                double[] sums = block.Weights().sum(1).to(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();          // [B, queries, keys]
                for (int row = 0; row < Maps.Length; row++)
                    for (int t = block.FirstQuery; t < Math.Min(block.FirstQuery + block.Queries, Maps[row].Length); t++)
                    {
                        ReadOnlySpan<double> weights = sums.AsSpan((row * block.Queries + t - block.FirstQuery) * block.Keys, block.Keys);
                        for (int s = Math.Max(0, t - visible + 1); s <= t; s++) Maps[row][t][s] += share * weights[s - block.FirstKey];
                    }
            }
        }
    }
}
