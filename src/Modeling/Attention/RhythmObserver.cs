using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Collects, while a forward pass runs, what the metrics need of each head of the layers read. WAAD and FAI are linear in the attention map, so heads are averaged afterwards: [B, heads, T], never T × T.</summary>
internal sealed class RhythmObserver : IAttentionObserver
{
    private readonly RhythmOptions _options;
    private readonly TokenBatch _batch;
    private readonly DecoderConfig _config;
    private readonly int[] _layers;
    private readonly bool _wantSpans;
    private readonly bool _wantMetrics;
    private readonly int _first;
    private readonly Tensor _isResponse;
    private readonly List<(HeadIndex Head, Tensor Values)> _waad = [];
    private readonly List<(HeadIndex Head, Tensor Values)> _futureSums = [];
    private readonly List<(HeadIndex Head, Tensor Values)> _shrunkSums = [];
    private readonly List<double[,]> _spans = [];

    /// <param name="config">The model that runs.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="batch">What it runs over.</param>
    /// <param name="spans">Whether spans are wanted.</param>
    /// <param name="metrics">Whether WAAD and FAI are wanted.</param>
    public RhythmObserver(DecoderConfig config, RhythmOptions options, TokenBatch batch, bool spans, bool metrics)
    {
        (_config, _options, _batch, _wantSpans, _wantMetrics) = (config, options, batch, spans, metrics);
        _layers = options.Layers.Resolve(config.LayerCount);
        _first = batch.PromptLengths.Min();
        float[] isResponse = new float[batch.Count * batch.Length];
        for (int row = 0; row < batch.Count; row++)
            isResponse.AsSpan(row * batch.Length + batch.PromptLengths[row], batch.ResponseLengths[row]).Fill(1);
        _isResponse = tensor(isResponse, [batch.Count, 1, batch.Length], device: batch.Ids.device);
    }

    /// <summary>The last layer that is read.</summary>
    public int LastLayer => _layers[^1];

    public bool Reads(int layer) => Array.IndexOf(_layers, layer) >= 0;

    public void Observe(int layer, Tensor queries, Tensor keys, Tensor logSumExp)
    {
        using var noGradient = no_grad();
        if (_wantSpans) _spans.Add(Spans(layer, queries, keys));
        if (!_wantMetrics) return;
        int visible = _config.SlidingLayers[layer] && _config.SlidingWindow is { } window ? window : int.MaxValue;
        (Tensor Queries, Tensor Keys, Tensor LogSumExp, HeadIndex[] Indices) local = Select(_options.FrozenGroups?.Local), global = Select(_options.FrozenGroups?.Global);
        if (local.Indices.Length > 0)
            Store(_waad, local.Indices, AttentionBands.WindowedDistance(local.Queries, local.Keys, local.LogSumExp, _options.Window, visible, _first));
        if (global.Indices.Length > 0)
        {
            Store(_futureSums, global.Indices, FutureSum(_options.MinimumHorizon, _options.MaximumHorizon ?? _batch.Length));
            if (_options.ShrinkHorizon && _options.MinimumHorizon > 1) Store(_shrunkSums, global.Indices, FutureSum(1, _options.MinimumHorizon - 1));
        }

        Tensor FutureSum(int low, int high) => AttentionBands.FutureSum(global.Queries, global.Keys, global.LogSumExp, low, Math.Min(high, visible - 1), _first, _isResponse);

        // The heads of this layer that a group holds, with the keys that each of them reads; all heads where there are no groups yet.
        (Tensor, Tensor, Tensor, HeadIndex[]) Select(IReadOnlyList<HeadIndex>? group)
        {
            int shared = _config.HeadCount / _config.KeyValueHeadCount;
            long[] heads = [.. group is null || _options.AllHeads ? Enumerable.Range(0, _config.HeadCount).Select(h => (long)h) : group.Where(h => h.Layer == layer).Select(h => (long)h.Head)];
            HeadIndex[] indices = [.. heads.Select(h => new HeadIndex(layer, (int)h))];
            if (heads.Length == 0) return (queries, keys, logSumExp, indices);
            Tensor chosen = tensor(heads, device: queries.device), chosenKeys = chosen.div(shared, RoundingMode.floor);
            return (queries.index_select(1, chosen), keys.index_select(1, chosenKeys), logSumExp.index_select(1, chosen), indices);
        }
    }

    /// <summary>Spans of each sequence: per sequence, the mean over its response tokens of every head.</summary>
    public HeadSpans[] SequenceSpans() =>
        [.. Enumerable.Range(0, _batch.Count).Select(row => new HeadSpans(
            _layers, [.. _spans.Select(layer => Enumerable.Range(0, _config.HeadCount).Select(head => layer[row, head]).ToArray())], _batch.ResponseLengths[row]))];

    /// <summary>Keeps what was collected when the current dispose scope ends.</summary>
    public void MoveToOuterDisposeScope()
    {
        foreach ((_, Tensor values) in _waad.Concat(_futureSums).Concat(_shrunkSums)) values.MoveToOuterDisposeScope();
    }

    /// <summary>WAAD [B, T] averaged over one group of heads for each sequence; null = all heads.</summary>
    public float[,] Waad(IReadOnlyList<IReadOnlyList<HeadIndex>?> groups) => Average(_waad, groups);

    /// <summary>FAI [B, T]: the sums over the horizon divided by the number of response tokens in it; NaN where there are none.</summary>
    public float[,] Fai(IReadOnlyList<IReadOnlyList<HeadIndex>?> groups)
    {
        float[,] sums = Average(_futureSums, groups), shrunk = _shrunkSums.Count > 0 ? Average(_shrunkSums, groups) : new float[_batch.Count, _batch.Length];
        for (int row = 0; row < _batch.Count; row++)
        {
            int last = _batch.PromptLengths[row] + _batch.ResponseLengths[row] - 1;
            for (int s = _batch.PromptLengths[row]; s <= last; s++)
            {
                int farthest = (int)Math.Min(last, s + (long)(_options.MaximumHorizon ?? int.MaxValue)), count = farthest - s - _options.MinimumHorizon + 1;
                if (count > 0) sums[row, s] /= count;
                else sums[row, s] = _options.ShrinkHorizon && last > s ? shrunk[row, s] / (last - s) : float.NaN;
            }
        }
        return sums;
    }

    /// <summary>Σ_s A[t,s] · (t − s): attention over one more value, the key's position, instead of a map. Centred, so that float32 keeps long sequences apart.</summary>
    private double[,] Spans(int layer, Tensor queries, Tensor keys)
    {
        using var scope = NewDisposeScope();
        Tensor centred = arange(_batch.Length, Precision.Of(queries.dtype), queries.device) - _batch.Length / 2;                                      // [T]
        Tensor positions = centred.view(1, 1, -1, 1).expand(keys.shape).contiguous();                                                         // [B, H_kv, T, D]
        int? window = _config.SlidingLayers[layer] ? _config.SlidingWindow : null;
        Tensor? mask = AttentionMask.Slide(null, window, _batch.Length, _batch.Length, queries.device);
        Tensor attended = Attention.Attend(queries.AtLeastSingle(), keys.AtLeastSingle(), positions, mask, causal: mask is null).select(3, 0);  // [B, H, T]
        Tensor distance = (centred - attended) * _isResponse;
        double[] sums = [.. distance.to(ScalarType.Float64).sum(2).cpu().data<double>()];
        double[,] spans = new double[_batch.Count, _config.HeadCount];
        for (int row = 0; row < _batch.Count; row++)
            for (int head = 0; head < _config.HeadCount; head++)
                spans[row, head] = sums[row * _config.HeadCount + head] / _batch.ResponseLengths[row];
        return spans;
    }

    private static void Store(List<(HeadIndex, Tensor)> values, HeadIndex[] indices, Tensor perHead)
    {
        Tensor[] heads = perHead.unbind(1);
        for (int i = 0; i < indices.Length; i++)
            values.Add((indices[i], heads[i].MoveToOuterDisposeScope()));
    }

    private float[,] Average(List<(HeadIndex Head, Tensor Values)> heads, IReadOnlyList<IReadOnlyList<HeadIndex>?> groups)
    {
        using var scope = NewDisposeScope();
        // [B, heads] of 1/|group|, so that one product averages a different group for every sequence.
        double[] weights = new double[_batch.Count * heads.Count];
        for (int row = 0; row < _batch.Count; row++)
        {
            HashSet<HeadIndex>? group = groups[row] is { } chosen ? [.. chosen] : null;
            for (int head = 0; head < heads.Count; head++)
                if (group is null || group.Contains(heads[head].Head))
                    weights[row * heads.Count + head] = 1.0 / (group?.Count ?? heads.Count);
        }
        Tensor values = stack(heads.Select(head => head.Values), 1).to(ScalarType.Float64);                                                                          // [B, heads, T]
        Tensor mean = tensor(weights, [_batch.Count, 1, heads.Count], device: values.device).bmm(values).squeeze(1);
        float[,] result = new float[_batch.Count, _batch.Length];
        mean.to(ScalarType.Float32).cpu().data<float>().CopyTo(System.Runtime.InteropServices.MemoryMarshal.CreateSpan(ref result[0, 0], result.Length));
        return result;
    }
}
