using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The low-rank update of one stored matrix, which may hold several modules (q_proj, k_proj, v_proj): the A of those with an adapter lie below each
/// other, as do their B, so that one product with A serves them all.</summary>
internal sealed class LinearAdapter : IDisposable
{
    private readonly Lock _refreshing = new();
    private readonly Block[] _blocks;
    private readonly int _rank;
    private readonly int _outputs;
    private readonly double _scale;
    private readonly Tensor _down;
    private readonly Tensor _up;
    private volatile bool _stale = true;

    /// <param name="weight">The stored matrix [out, in].</param>
    /// <param name="rows">The rows of it that are modules with an adapter, first to last.</param>
    /// <param name="options">Rank and scale.</param>
    public LinearAdapter(Tensor weight, IReadOnlyList<ParameterSlice> rows, LoraOptions options)
    {
        (_rank, _outputs, _scale) = (options.Rank, (int)weight.size(0), options.Scale);
        _blocks = [.. rows.Select(slice => new Block(slice.FirstRow, slice.Rows))];
        // Where memory runs out, what was made so far goes with the scope.
        using var scope = NewDisposeScope();
        // Adapters learn in float32 whatever the model's type, as PEFT's do; float64 stays.
        ScalarType type = Precision.Of(weight.dtype);
        A = empty([rows.Count * _rank, weight.size(1)], type, weight.device);
        B = empty([_blocks.Sum(block => block.Rows), _rank], type, weight.device);
        _down = empty(A.shape, weight.dtype, weight.device);
        _up = empty([_outputs, A.size(0)], weight.dtype, weight.device);
        foreach (Tensor tensor in Tensors) tensor.DetachFromDisposeScope();
    }

    /// <summary>[modules · r, in].</summary>
    public Tensor A { get; }

    /// <summary>[rows of the modules, r].</summary>
    public Tensor B { get; }

    /// <summary>Adds the update to what the matrix makes of an input. Differentiable where grad mode is on.</summary>
    /// <param name="output">[.., out]; overwritten where there is no gradient.</param>
    /// <param name="input">[.., in].</param>
    /// <param name="dropout">What training leaves out of the input; null = nothing.</param>
    /// <param name="fused">As for <see cref="Linear.Apply"/>.</param>
    public Tensor Add(Tensor output, Tensor input, Func<Tensor, Tensor>? dropout, bool fused)
    {
        if (!is_grad_enabled()) return AddInPlace(output, input, fused);
        Tensor wide = input.to(A.dtype);
        Tensor low = nn.functional.linear(dropout is null ? wide : dropout(wide), A).Times(_scale);             // [.., modules · r]
        return output.Plus(nn.functional.linear(low, Spread())).to(output.dtype);
    }

    /// <summary>W + s·B·A in float32 or wider, as the type of the matrix.</summary>
    public Tensor Merge(Tensor weight)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        return weight.to(A.dtype).Plus(matmul(Spread(), A).Times(_scale)).to(weight.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Tells that A or B have new values.</summary>
    public void Changed() => _stale = true;

    public void Dispose()
    {
        foreach (Tensor tensor in Tensors) tensor.Dispose();
    }

    private Tensor[] Tensors => [A, B, _down, _up];

    private Tensor AddInPlace(Tensor output, Tensor input, bool fused)
    {
        if (_stale) Refresh();
        using var scope = NewDisposeScope();
        output.Add_(new Linear(_up, Bias: null).Apply(new Linear(_down, Bias: null).Apply(input, fused), fused));
        return output;
    }

    /// <summary>A and s·B in the type of the matrix, which is what sampling and analysis multiply with.</summary>
    private void Refresh()
    {
        lock (_refreshing)
        {
            if (!_stale) return;
            using var noGradient = no_grad();
            using var scope = NewDisposeScope();
            _down.copy_(A);
            _up.copy_(Spread().Times(_scale));
            _stale = false;
        }
    }

    /// <summary>B with each module's columns where its part of A·x is: [out, modules · r].</summary>
    private Tensor Spread()
    {
        if (B.size(0) == _outputs && _blocks.Length == 1) return B;
        List<Tensor> rows = [];
        int next = 0, row = 0;
        for (int i = 0; i < _blocks.Length; i++)
        {
            AddZeros(_blocks[i].FirstRow);
            rows.Add(nn.functional.pad(B.narrow(0, row, _blocks[i].Rows), [i * _rank, (_blocks.Length - 1 - i) * _rank]));
            (row, next) = (row + _blocks[i].Rows, next + _blocks[i].Rows);
        }
        AddZeros(_outputs);
        return cat(rows);

        void AddZeros(int end)
        {
            if (end > next) rows.Add(zeros([end - next, _blocks.Length * _rank], B.dtype, B.device));
            next = end;
        }
    }

    /// <summary>The outputs of one module.</summary>
    private readonly record struct Block(int FirstRow, int Rows);
}
