using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Draws one token per row from logits [B, V].</summary>
internal static class TokenSampler
{
    /// <summary>The log-probabilities that tokens are drawn from: penalty, temperature, top-k, top-p, min-p in transformers' order; −∞ = never. float32 (or float64) [B, V].</summary>
    /// <param name="logits">[B, V].</param>
    /// <param name="options">Temperature above 0.</param>
    /// <param name="seen">bool [B, V], the tokens of prompt and response so far; only read with a repetition penalty.</param>
    public static Tensor LogDistribution(Tensor logits, GenerationOptions options, Tensor? seen)
    {
        Tensor scores = Penalize(logits, options, seen);
        if (options.Temperature != 1) scores = scores.Over(options.Temperature);
        if (options.TopK > 0 && options.TopK < scores.shape[1])
            scores = scores.Masked(scores.lt(scores.topk(options.TopK).values.narrow(1, options.TopK - 1, 1)), double.NegativeInfinity);
        if (options.TopP < 1)
        {
            // Ascending: what lies in the tail of mass 1 − p goes; the most probable token always stays.
            (Tensor sorted, Tensor order) = scores.sort(dim: 1, descending: false, stable: false);
            Tensor remove = nn.functional.softmax(sorted, 1).cumsum(1).AtMost(1 - options.TopP);
            remove.narrow(1, remove.shape[1] - 1, 1).Fill_(0);
            scores = scores.Masked(remove.scatter(1, order, remove), double.NegativeInfinity);
        }
        if (options.MinP > 0)
        {
            Tensor probabilities = nn.functional.softmax(scores, 1);
            scores = scores.Masked(probabilities.lt(probabilities.amax([1], keepdim: true).Times(options.MinP)), double.NegativeInfinity);
        }
        return nn.functional.log_softmax(scores, 1);
    }

    /// <summary>The chosen token of each row, int64 [B], and its log-probability, [B].</summary>
    /// <param name="logits">[B, V].</param>
    /// <param name="options">How to choose.</param>
    /// <param name="seen">As for <see cref="LogDistribution"/>.</param>
    /// <param name="uniform">One number in [0, 1) per row; unused when greedy.</param>
    public static (Tensor Tokens, Tensor LogProbabilities) Sample(Tensor logits, GenerationOptions options, Tensor? seen, double[] uniform)
    {
        Tensor logDistribution, tokens;
        if (options.Temperature == 0)
        {
            tokens = Penalize(logits, options, seen).argmax(1);
            logDistribution = nn.functional.log_softmax(logits.AtLeastSingle(), 1);
        }
        else
        {
            logDistribution = LogDistribution(logits, options, seen);
            // The inverse of the cumulative distribution, in double: with 50 000 small terms float32 would never reach the tail.
            Tensor cumulative = logDistribution.to(ScalarType.Float64).exp_().cumsum(1);
            Tensor target = tensor(uniform, device: logits.device).unsqueeze(1) * cumulative.narrow(1, cumulative.shape[1] - 1, 1);
            tokens = searchsorted(cumulative, target, right: true).squeeze(1);
        }
        return (tokens, logDistribution.gather(1, tokens.unsqueeze(1)).squeeze(1));
    }

    private static Tensor Penalize(Tensor logits, GenerationOptions options, Tensor? seen)
    {
        Tensor scores = logits.AtLeastSingle();
        return options.RepetitionPenalty == 1 || seen is null
            ? scores
            : where(seen, where(scores.Below(0), scores.Times(options.RepetitionPenalty), scores.Over(options.RepetitionPenalty)), scores);
    }
}
