using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Collects, while a forward pass runs, what the metrics need of each head of the layers read. WAAD and FAI are linear in the attention map, so heads
/// are averaged afterwards: [B, heads, T], never T × T.</summary>
internal sealed class RhythmObserver : IAttentionObserver
{
    private readonly RhythmOptions _options;
    private readonly DecoderConfig _config;
    private readonly int[] _promptLengths;
    private readonly int[] _responseLengths;
    private readonly int _length;
    private readonly int[] _layers;
    private readonly bool _wantHeads;
    private readonly bool _wantMetrics;
    private readonly int[] _starts;
    private readonly int _shift;
    private readonly int _first;
    private readonly Tensor _isRow;
    private readonly List<double[,]> _spans = [];
    private readonly List<HeadValues> _waad = [];
    private readonly List<HeadValues> _futureSums = [];
    private readonly List<HeadValues> _shrunkSums = [];
    private readonly List<HeadValues> _openSums = [];

    /// <param name="config">The model that runs.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="batch">What it runs over.</param>
    /// <param name="heads">Whether heads are measured, to be put into groups.</param>
    /// <param name="metrics">Whether WAAD and FAI are wanted.</param>
    public RhythmObserver(DecoderConfig config, RhythmOptions options, TokenBatch batch, bool heads, bool metrics)
    {
        (_config, _options, _wantHeads, _wantMetrics) = (config, options, heads, metrics);
        (_promptLengths, _responseLengths, _length) = (batch.PromptLengths, batch.ResponseLengths, batch.Length);
        _starts = new int[batch.Count];
        for (int row = 1; row < batch.Count; row++) _starts[row] = _starts[row - 1] + batch.ResponseLengths[row - 1];
        _layers = options.Layers.Resolve(config.LayerCount);
        // Rows of the map begin so many positions before their tokens; its columns are the tokens' own.
        _shift = options.RowAlignment == RowAlignment.Generating ? 1 : 0;
        _first = batch.PromptLengths.Min() - _shift;
        float[] isRow = new float[batch.Count * batch.Length];
        for (int row = 0; row < batch.Count; row++)
            isRow.AsSpan(row * batch.Length + batch.PromptLengths[row] - _shift, batch.ResponseLengths[row]).Fill(1);
        _isRow = tensor(isRow, [batch.Count, 1, batch.Length], device: batch.Ids.device);
    }

    public int LastLayer => _layers[^1];

    public bool Reads(int layer) => Array.IndexOf(_layers, layer) >= 0;

    public void Observe(int layer, Tensor queries, Tensor keys, Tensor logSumExp, Tensor? distances)
    {
        using var noGradient = no_grad();
        int? window = _config.WindowOf(layer);
        (int low, int high, int visible) = (_options.MinimumHorizon, _options.MaximumHorizon ?? _length, window ?? int.MaxValue);
        HeadGroups? frozen = _options.AllHeads ? null : _options.FrozenGroups;
        if (_wantHeads)
            _spans.Add(AttentionSpans.Mean(
                distances ?? AttentionSpans.Distances(new ObservedHeads(queries, keys, logSumExp), window), _isRow, _responseLengths));
        // An open end is what the scores of receivers need anyway: with it, one sum serves both.
        if (_wantHeads && _options.Receivers && !(_wantMetrics && _options.MaximumHorizon is null)) FutureSum(_openSums, group: null, low, _length);
        if (!_wantMetrics) return;

        IReadOnlyList<HeadIndex>? future = frozen is null ? null : [.. frozen.Global.Union(_options.Receivers ? frozen.Receivers! : [])];
        Collect(_waad, frozen?.Local, _shift, heads => AttentionBands.WindowedDistance(heads, _options.Window, visible, _first));
        FutureSum(_futureSums, future, low, high);
        if (_options.ShrinkHorizon && low > 1) FutureSum(_shrunkSums, future, 1, low - 1);

        void FutureSum(List<HeadValues> sums, IReadOnlyList<HeadIndex>? group, int from, int to) =>
            Collect(
                sums, group, shift: 0,
                heads => AttentionBands.FutureSum(heads, Math.Max(0, from - _shift), Math.Min(to - _shift, visible - 1), _first, _isRow));

        // Of those of the given heads that are in this layer; null = all heads. What was read lies in .NET's memory: it outlives whatever scopes the pass has,
        // such as those of a layer that is computed twice.
        void Collect(List<HeadValues> values, IReadOnlyList<HeadIndex>? group, int shift, Func<ObservedHeads, Tensor> compute)
        {
            int[] heads = [.. group is null ? Enumerable.Range(0, _config.HeadCount) : group.Where(head => head.Layer == layer).Select(head => head.Head)];
            if (heads.Length > 0)
                values.Add(new HeadValues(
                    [.. heads.Select(head => new HeadIndex(layer, head))],
                    compute(new ObservedHeads(queries, keys, logSumExp, heads)).ToSingles(Responses(heads.Length, shift))));
        }
    }

    /// <summary>What was measured of the heads in each sequence.</summary>
    public HeadMeasurement[] Measure()
    {
        double[,][]? receivers = _options.Receivers ? ReceiverScoresByHead() : null;
        return [.. Enumerable.Range(0, _promptLengths.Length).Select(row => new HeadMeasurement(
            new HeadSpans(
                _layers,
                [.. _spans.Select(layer => Enumerable.Range(0, _config.HeadCount).Select(head => layer[row, head]).ToArray())],
                _responseLengths[row]),
            receivers is null
                ? null
                : new ReceiverScores(_layers, [.. Enumerable.Range(0, _layers.Length).Select(layer => receivers[row, layer])])))];
    }

    /// <summary>WAAD of each sequence's response tokens, averaged over one group of heads for each sequence; null = all heads.</summary>
    public float[][] Waad(IReadOnlyList<IReadOnlyList<HeadIndex>?> groups) =>
        [.. Average(_waad, groups).Select(waad => Array.ConvertAll(waad, value => (float)value))];

    /// <summary>FAI likewise: the sums over the horizon divided by the number of response tokens in it; NaN where there are none.</summary>
    public float[][] Fai(IReadOnlyList<IReadOnlyList<HeadIndex>?> groups)
    {
        double[][] sums = Average(_futureSums, groups);
        double[][]? shrunk = _shrunkSums.Count > 0 ? Average(_shrunkSums, groups) : null;
        return [.. sums.Select((row, i) => row.Select((sum, token) =>
        {
            int after = row.Length - 1 - token, count = TokensInHorizon(after, _options.MaximumHorizon);
            return (float)(count > 0 ? sum / count : _options.ShrinkHorizon && after > 0 ? shrunk![i][token] / after : double.NaN);
        }).ToArray())];
    }

    /// <summary>How many of the <paramref name="after"/> response tokens that follow a token lie within its horizon, from H_lo to
    /// <paramref name="farthest"/>.</summary>
    private int TokensInHorizon(int after, int? farthest) => Math.Max(0, Math.Min(after, farthest ?? after) - _options.MinimumHorizon + 1);

    /// <summary>By row and layer read, the score of each head.</summary>
    private double[,][] ReceiverScoresByHead()
    {
        double[,][] scores = new double[_promptLengths.Length, _layers.Length][];
        List<HeadValues> sums = _openSums.Count > 0 ? _openSums : _futureSums;
        for (int layer = 0; layer < _layers.Length; layer++)
        {
            for (int row = 0; row < _promptLengths.Length; row++)
            {
                int last = _responseLengths[row] - 1, defined = TokensInHorizon(last, farthest: null);
                scores[row, layer] = [.. Enumerable.Range(0, _config.HeadCount).Select(head =>
                {
                    ReadOnlySpan<float> ofHead = Of(sums[layer], row, head);
                    double[] fai = new double[defined];
                    for (int token = 0; token < defined; token++) fai[token] = (double)ofHead[token] / TokensInHorizon(last - token, farthest: null);
                    return ReceiverScores.ExcessKurtosis(fai);
                })];
            }
        }
        return scores;
    }

    /// <summary>Values of each sequence's response tokens, averaged over its group of heads.</summary>
    private double[][] Average(List<HeadValues> collected, IReadOnlyList<IReadOnlyList<HeadIndex>?> groups)
    {
        double[][] means = [.. _responseLengths.Select(length => new double[length])];
        foreach (HeadValues values in collected)
        {
            for (int row = 0; row < means.Length; row++)
            {
                IReadOnlyList<HeadIndex>? group = groups[row];
                double share = 1.0 / (group?.Count ?? values.Heads.Length * collected.Count);
                for (int head = 0; head < values.Heads.Length; head++)
                {
                    if (group?.Contains(values.Heads[head]) == false) continue;
                    ReadOnlySpan<float> ofHead = Of(values, row, head);
                    for (int token = 0; token < ofHead.Length; token++) means[row][token] += share * ofHead[token];
                }
            }
        }
        return means;
    }

    /// <summary>Where the response tokens of each head in each sequence lie in [B, heads, T].</summary>
    private (int Start, int Count)[] Responses(int heads, int shift) =>
    [
        .. _responseLengths.SelectMany((count, row) =>
            Enumerable.Range(row * heads, heads).Select(map => (map * _length + _promptLengths[row] - shift, count))),
    ];

    /// <summary>Values of a sequence's response tokens, of one of the heads.</summary>
    private ReadOnlySpan<float> Of(HeadValues values, int row, int head) =>
        values.Values.AsSpan(values.Heads.Length * _starts[row] + head * _responseLengths[row], _responseLengths[row]);

    /// <summary>Values of heads of one layer: by sequence, head and response token.</summary>
    private readonly record struct HeadValues(HeadIndex[] Heads, float[] Values);
}
