using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Log-probabilities and entropies with the logits of one chunk [c, V] at a time, however many tokens there are. The gradient computes them a second
/// time instead of keeping them.</summary>
internal sealed class ChunkedScores : GradientFunction<ChunkedScores>
{
    /// <summary>Log-probabilities [M] and, if wanted, entropies [M], without gradient.</summary>
    /// <param name="head">[c, d] → [c, V].</param>
    /// <param name="hidden">[M, d].</param>
    /// <param name="targets">int64 [M].</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <param name="chunk">Rows of a chunk.</param>
    /// <param name="entropies">Whether entropies are wanted.</param>
    /// <param name="kept">What they are among; null = the whole vocabulary.</param>
    /// <param name="hits">[M]; filled with 1 where the most probable token is the target, otherwise 0; null = not wanted.</param>
    public static (Tensor LogProbabilities, Tensor? Entropies) Compute(
        Func<Tensor, Tensor> head, Tensor hidden, Tensor targets, double temperature, int chunk, EntropyUse entropies,
        KeptTokens? kept = null, Tensor? hits = null)
    {
        using var noGradient = no_grad();
        Tensor? uncertainty = entropies != EntropyUse.None ? EmptyScores(hidden) : null;
        return (Fill(head, hidden, targets, temperature, chunk, uncertainty, kept, hits), uncertainty);
    }

    /// <summary>Log-probabilities [M], with a gradient for hidden states and output head, and entropies [M] with or without one if wanted.</summary>
    /// <param name="hidden">[M, d].</param>
    /// <param name="head">[V, d].</param>
    /// <param name="targets">int64 [M].</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <param name="chunk">Rows of a chunk.</param>
    /// <param name="entropies">Whether entropies are wanted, and their gradient.</param>
    /// <param name="kept">What they are among; null = the whole vocabulary.</param>
    /// <param name="hits">As for <see cref="Compute"/>.</param>
    public static (Tensor LogProbabilities, Tensor? Entropies) WithGradient(
        Tensor hidden, Tensor head, Tensor targets, double temperature, int chunk, EntropyUse entropies, KeptTokens? kept = null, Tensor? hits = null)
    {
        Tensor? uncertainty = entropies != EntropyUse.None ? EmptyScores(hidden) : null;
        Tensor scores = apply(hidden, head, targets, temperature, chunk, new Extras(uncertainty, entropies == EntropyUse.Gradient, kept, hits));
        // Entropies without a gradient are filled in, not returned: autograd would ask for the gradient of a second result.
        return entropies == EntropyUse.Gradient ? (scores.select(0, 0), scores.select(0, 1)) : (scores, uncertainty);
    }

    public override string Name => nameof(ChunkedScores);

    protected override Tensor Evaluate(autograd.AutogradContext context, object[] arguments)
    {
        (Tensor hidden, Tensor head, Tensor targets) = ((Tensor)arguments[0], (Tensor)arguments[1], (Tensor)arguments[2]);
        (double temperature, int chunk, Extras extras) = ((double)arguments[3], (int)arguments[4], (Extras)arguments[5]);
        context.save_for_backward([hidden, head, targets]);
        context.save_data(nameof(temperature), temperature);
        context.save_data(nameof(chunk), chunk);
        context.save_data(nameof(extras), extras);
        Tensor logProbabilities = Fill(
            rows => nn.functional.linear(rows, head), hidden, targets, temperature, chunk, extras.Entropies, extras.Kept, extras.Hits);
        return extras.EntropyGradient ? stack([logProbabilities, extras.Entropies!]) : logProbabilities;                    // [2, M], or [M]
    }

    protected override List<Tensor?> Differentiate(autograd.AutogradContext context, Tensor gradient)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        List<Tensor> saved = context.get_saved_variables();
        (Tensor hidden, Tensor head, Tensor targets) = (saved[0], saved[1], saved[2]);
        (double temperature, int chunk, Extras extras) = (
            (double)context.get_data(nameof(temperature)),
            (int)context.get_data(nameof(chunk)),
            (Extras)context.get_data(nameof(extras)));
        (Tensor ofScores, Tensor? ofEntropies) = extras.EntropyGradient ? (gradient.select(0, 0), gradient.select(0, 1)) : (gradient, null);
        Tensor hiddenGradient = empty_like(hidden);
        // A sum over many chunks: in bfloat16 it would stop growing after some hundred of them.
        Tensor? headGradient = head.requires_grad ? zeros_like(head, Precision.Of(head.dtype)) : null;
        for (long start = 0; start < hidden.size(0); start += chunk)
        {
            using var chunkScope = NewDisposeScope();
            long rows = Math.Min(chunk, hidden.size(0) - start);
            Tensor part = hidden.narrow(0, start, rows), target = targets.narrow(0, start, rows).unsqueeze(1);
            Tensor scale = ofScores.narrow(0, start, rows).unsqueeze(1).Over(temperature);                                    // [c, 1]
            // What was not kept has p = 0. ∂ log p_target / ∂ logit_v = (1{v = target} − p_v) / τ.
            Tensor logits = nn.functional.linear(part, head).AtLeastSingle().Over_(temperature);                        // [c, V]
            logits = extras.Kept?.Apply_(logits, start) ?? logits;
            Tensor towards = ofEntropies is null
                ? nn.functional.softmax(logits, 1).mul_(-scale)
                : WithEntropies(logits, scale, ofEntropies.narrow(0, start, rows).unsqueeze(1).Over(temperature), extras.Kept);
            Tensor logitGradient = towards.scatter_add_(1, target, scale).to(head.dtype);
            hiddenGradient.narrow(0, start, rows).copy_(matmul(logitGradient, head));
            if (headGradient?.dtype == head.dtype) headGradient.addmm_(logitGradient.t(), part);
            else headGradient?.Add_(matmul(logitGradient.t(), part));
        }
        return [hiddenGradient.MoveToOuterDisposeScope(), headGradient?.to(head.dtype).MoveToOuterDisposeScope(), null, null, null, null];
    }

    /// <summary>H = −Σ p log p, nats [M], of log-probabilities [M, V].</summary>
    public static Tensor Entropies(Tensor logDistribution, KeptTokens? kept) =>
        logDistribution.exp().mul_(Bounded(logDistribution, kept)).sum(1).neg_();

    /// <summary>Log-probabilities to multiply with probabilities: p log p → 0 for what was not kept, but 0 · (−∞) is no number.</summary>
    public static Tensor Bounded(Tensor logDistribution, KeptTokens? kept) => kept is null ? logDistribution : logDistribution.Clamped(min: -1e30);

    /// <summary>The part of ∂/∂ logit_v that all tokens have, p_v · (−a − b · (log p_v + H)), where a and b [c, 1] weigh log-probabilities and entropies:
    /// ∂H / ∂ logit_v = −p_v (log p_v + H) / τ.</summary>
    private static Tensor WithEntropies(Tensor logits, Tensor a, Tensor b, KeptTokens? kept)
    {
        Tensor logDistribution = nn.functional.log_softmax(logits, 1), entropies = Entropies(logDistribution, kept).unsqueeze(1);
        return Bounded(logDistribution, kept).Plus(entropies).mul_(b).Add_(a).neg_().mul_(logDistribution.exp());
    }

    private static Tensor EmptyScores(Tensor hidden) => empty(hidden.size(0), Precision.Of(hidden.dtype), hidden.device);

    /// <summary>Fills in where the largest logit [c, V] is the target's [c].</summary>
    public static void FillHits(Tensor logits, Tensor targets, Tensor hits) => hits.copy_(logits.argmax(1).eq(targets));

    /// <summary>Computes log-probabilities, and fills in entropies and hits where there is a tensor for them.</summary>
    private static Tensor Fill(
        Func<Tensor, Tensor> head, Tensor hidden, Tensor targets, double temperature, int chunk, Tensor? entropies, KeptTokens? kept, Tensor? hits)
    {
        Tensor logProbabilities = EmptyScores(hidden);
        for (long start = 0; start < hidden.size(0); start += chunk)
        {
            using var scope = NewDisposeScope();
            long rows = Math.Min(chunk, hidden.size(0) - start);
            Tensor logits = head(hidden.narrow(0, start, rows)), target = targets.narrow(0, start, rows);                // [c, V], [c]
            kept?.Apply_(logits, start);
            if (hits is not null) FillHits(logits, target, hits.narrow(0, start, rows));
            if (KernelSupport.Covers(logits) && logits.dtype == ScalarType.BFloat16)
            {
                RowScores.Fill(logits, target, temperature, logProbabilities.narrow(0, start, rows), entropies?.narrow(0, start, rows));
                continue;
            }
            logits = logits.AtLeastSingle();
            if (temperature != 1) logits.Over_(temperature);
            Tensor logDistribution = nn.functional.log_softmax(logits, 1);
            logits.Dispose();
            logProbabilities.narrow(0, start, rows).copy_(logDistribution.gather(1, target.unsqueeze(1)).squeeze(1));
            entropies?.narrow(0, start, rows).copy_(Entropies(logDistribution, kept));
        }
        return logProbabilities;
    }

    /// <summary>What autograd is not to take for an input: where entropies go, whether they are a result too, what was kept, and where hits
    /// go.</summary>
    private sealed record Extras(Tensor? Entropies, bool EntropyGradient, KeptTokens? Kept, Tensor? Hits);
}
