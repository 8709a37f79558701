using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

/// <summary>The method by its definitions, from whole attention maps of one sequence, in doubles: what the analysis must equal.</summary>
internal sealed class NaiveRhythm
{
    private readonly Dictionary<HeadIndex, double[,]> _maps = [];
    private readonly int _prompt;
    private readonly int _length;
    private readonly int _shift;

    private NaiveRhythm(int prompt, int length, int shift) => (_prompt, _length, _shift) = (prompt, length, shift);

    public static NaiveRhythm Of(CausalLanguageModel model, TokenSequence sequence, LayerSelection layers, RowAlignment alignment = RowAlignment.Reading)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var naive = new NaiveRhythm(sequence.PromptIds.Length, sequence.Length, alignment == RowAlignment.Generating ? 1 : 0);
        Tensor ids = tensor([.. sequence.PromptIds.Concat(sequence.ResponseIds).Select(id => (long)id)]).unsqueeze(0);
        model.Decoder.Forward(ids, observer: new MapCollector(naive._maps, model.Config, layers.Resolve(model.Config.LayerCount)));
        return naive;
    }

    public IEnumerable<HeadIndex> Heads => _maps.Keys;

    public double Span(HeadIndex head) => Rows.Average(t => Keys(t).Sum(s => _maps[head][t, s] * (t - s)));

    public HeadGroups Groups(double ratio, int horizon)
    {
        HeadIndex[] order = [.. Heads.OrderBy(Span).ThenBy(h => h.Layer).ThenBy(h => h.Head)];
        int count = Math.Max(1, (int)Math.Floor(ratio * order.Length + 0.5));
        HeadIndex[] receivers = [.. Heads
            .Select(h => (Head: h, Score: Score(h, horizon)))
            .OrderBy(h => double.IsNaN(h.Score))
            .ThenByDescending(h => Math.Round(h.Score, 9))
            .ThenBy(h => h.Head.Layer)
            .ThenBy(h => h.Head.Head)
            .Select(h => h.Head)
            .Take(count)];
        return new HeadGroups(order[..count], order[^count..], receivers);
    }

    public double[] Waad(IReadOnlyCollection<HeadIndex> heads, int window) =>
        [.. Rows.Select(t => Keys(t).Sum(s => Mean(heads, t, s) * Math.Min(t - s, window)))];

    public double[] Fai(IReadOnlyCollection<HeadIndex> heads, int low, int? high, bool shrink) => [.. Response.Select(s =>
    {
        int last = Math.Min(_length - 1, high is { } farthest ? s + farthest : _length - 1), first = shrink && s + low > last ? s + 1 : s + low;
        return first <= last ? Enumerable.Range(first, last - first + 1).Average(t => Mean(heads, t - _shift, s)) : double.NaN;
    })];

    /// <summary>Excess kurtosis of the head's own FAI with an open end.</summary>
    public double Score(HeadIndex head, int low)
    {
        double[] fai = [.. Fai([head], low, null, shrink: false).Where(value => !double.IsNaN(value))];
        if (fai.Length < 2) return double.NaN;
        double mean = fai.Average(), second = fai.Average(value => Math.Pow(value - mean, 2));
        return fai.Average(value => Math.Pow(value - mean, 4)) / (second * second) - 3;
    }

    /// <summary>The mean map, rows as <see cref="FlowAnalysis.Trace"/> takes them.</summary>
    public double[][] MeanMap(IReadOnlyCollection<HeadIndex>? heads = null) =>
        [.. Enumerable.Range(0, _length).Select(t => Keys(t).Select(s => Mean(heads ?? _maps.Keys, t, s)).ToArray())];

    private IEnumerable<int> Rows => Response.Select(t => t - _shift);

    private IEnumerable<int> Response => Enumerable.Range(_prompt, _length - _prompt);

    private static IEnumerable<int> Keys(int t) => Enumerable.Range(0, t + 1);

    private double Mean(IReadOnlyCollection<HeadIndex> heads, int t, int s) => heads.Sum(h => _maps[h][t, s]) / heads.Count;

    private sealed class MapCollector(Dictionary<HeadIndex, double[,]> maps, DecoderConfig config, int[] layers) : IAttentionObserver
    {
        public int LastLayer => layers[^1];

        public bool Reads(int layer) => layers.Contains(layer);

        public void Observe(int layer, Tensor queries, Tensor keys, Tensor logSumExp, Tensor? distances)
        {
            using var scope = NewDisposeScope();
            int length = (int)queries.shape[2], window = config.SlidingLayers[layer] ? config.SlidingWindow!.Value : length;
            Tensor scores = matmul(
                queries.to(ScalarType.Float64),
                keys.to(ScalarType.Float64).repeat_interleave(config.HeadCount / config.KeyValueHeadCount, 1).transpose(2, 3))
                / Math.Sqrt(config.HeadDimension);
            Tensor hidden = ones(length, length, dtype: ScalarType.Bool).tril().triu(1 - window).logical_not();
            double[] all = scores.masked_fill(hidden, double.NegativeInfinity).softmax(-1).contiguous().data<double>().ToArray();
            for (int head = 0; head < config.HeadCount; head++)
            {
                double[,] map = maps[new HeadIndex(layer, head)] = new double[length, length];
                Buffer.BlockCopy(all, head * map.Length * sizeof(double), map, 0, map.Length * sizeof(double));
            }
        }
    }
}
