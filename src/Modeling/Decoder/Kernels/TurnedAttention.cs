using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Rotation of queries and keys and causal self-attention by kernels, with a gradient.</summary>
internal sealed class TurnedAttention : GradientFunction<TurnedAttention>
{
    /// <summary>Turns queries and keys where they lie, and attends. Differentiable where grad mode is on.</summary>
    /// <param name="projected">[B, T, H + 2 · H_kv, D], contiguous; overwritten. What it was computed by must not need it for its own gradient, as products and
    /// sums don't.</param>
    /// <param name="keyHeads">H_kv.</param>
    /// <param name="window">Keys that a query sees, itself included; null = all before it.</param>
    /// <param name="cos">[T, 1, D] for the positions.</param>
    /// <param name="signedSin">[T, 1, D], minus in the first half.</param>
    /// <param name="statistics">Whether the log-sum-exp and the mean distance are wanted.</param>
    /// <returns>As <see cref="FlashAttention.Apply"/>; only the output has a gradient.</returns>
    public static (Tensor Output, Tensor? LogSumExp, Tensor? Distance) Apply(
        Tensor projected, int keyHeads, int? window, Tensor cos, Tensor signedSin, bool statistics)
    {
        var call = new Call(keyHeads, window, cos, signedSin);
        if (!is_grad_enabled() || !projected.requires_grad) return Attend(projected, call, statistics);
        Tensor output = apply(projected, call);
        return statistics ? (output, call.LogSumExp, call.Distance) : (output, null, null);
    }

    public override string Name => nameof(TurnedAttention);

    protected override Tensor Evaluate(autograd.AutogradContext context, object[] arguments)
    {
        (Tensor projected, var call) = ((Tensor)arguments[0], (Call)arguments[1]);
        (Tensor output, call.LogSumExp, call.Distance) = Attend(projected, call, statistics: true);
        context.save_for_backward([projected, output, call.LogSumExp!, call.Cos, call.SignedSin]);
        context.save_data(nameof(Call.KeyHeads), call.KeyHeads);
        context.save_data(nameof(Call.Window), call.Window!);
        return output;
    }

    protected override List<Tensor?> Differentiate(autograd.AutogradContext context, Tensor gradient)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        List<Tensor> saved = context.get_saved_variables();
        (Tensor projected, Tensor output, Tensor logSumExp) = (saved[0], saved[1], saved[2]);
        (int keyHeads, int? window) = ((int)context.get_data(nameof(Call.KeyHeads)), (int?)context.get_data(nameof(Call.Window)));
        Tensor cos = saved[3].to(ScalarType.Float32), signedSin = saved[4].to(ScalarType.Float32);
        Tensor ofProjected = FlashAttentionGradient.Apply(projected, keyHeads, window, output, logSumExp, gradient.contiguous(), cos, signedSin);
        // One for each argument; the call has none.
        return [ofProjected.MoveToOuterDisposeScope(), null];
    }

    private static (Tensor Output, Tensor? LogSumExp, Tensor? Distance) Attend(Tensor projected, Call call, bool statistics)
    {
        int heads = (int)projected.size(2) - 2 * call.KeyHeads;
        RotaryKernel.Apply(projected, heads, call.KeyHeads, queryNorm: null, keyNorm: null, call.Cos, call.SignedSin, epsilon: 0);
        return FlashAttention.Apply(projected, call.KeyHeads, padding: null, call.Window, statistics);
    }

    /// <summary>What autograd is not to take for an input, and results that have no gradient.</summary>
    private sealed class Call(int keyHeads, int? window, Tensor cos, Tensor signedSin)
    {
        public int KeyHeads => keyHeads;

        public int? Window => window;

        public Tensor Cos => cos;

        public Tensor SignedSin => signedSin;

        public Tensor? LogSumExp { get; set; }

        public Tensor? Distance { get; set; }
    }
}
