using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Draws one token per row from logits [B, V].</summary>
internal static class TokenSampler
{
    // The most bytes that a tensor shows as a span.
    private const int MaximumBlockBytes = int.MaxValue;

    /// <summary>The probabilities that tokens are drawn with: penalty, temperature, top-k, top-p, min-p in transformers' order. float32 (or float64) [B,
    /// V].</summary>
    /// <param name="logits">[B, V].</param>
    /// <param name="options">Temperature above 0.</param>
    /// <param name="seen">bool [B, V], the tokens of prompt and response so far; only read with a repetition penalty.</param>
    public static Tensor Distribution(Tensor logits, GenerationOptions options, Tensor? seen)
    {
        Tensor scores = Penalize(logits, options, seen);
        if (options.Temperature != 1) scores = scores.Over(options.Temperature);
        if (options.TopK > 0 && options.TopK < scores.size(1))
            scores = scores.Masked(scores.lt(scores.topk(options.TopK).values.narrow(1, options.TopK - 1, 1)), double.NegativeInfinity);
        Tensor probabilities = nn.functional.softmax(scores, 1);
        if (options.TopP == 1 && options.MinP == 0) return probabilities;

        // Both keep what is at least so probable, and what they take away changes no ratio between the others.
        Tensor single = probabilities.to(ScalarType.Float32), least = single.amax([1], keepdim: true).Times(options.MinP);                  // [B, 1]
        if (options.TopP < 1)
            least = maximum(
                least, tensor(PerRow(single, (row, _) => Nucleus.Threshold(row, options.TopP)), device: logits.device).unsqueeze(1));
        probabilities = probabilities.Masked(single.lt(least), 0);
        return probabilities / probabilities.sum(1, keepdim: true);
    }

    /// <summary>The chosen token of each row, int64 [B], its log-probability, [B], and, if asked for, what could have been drawn in its place; null =
    /// everything. Of a row whose logits are not finite the log-probability is NaN, and the token means nothing.</summary>
    /// <param name="logits">[B, V].</param>
    /// <param name="options">How to choose.</param>
    /// <param name="seen">As for <see cref="Distribution"/>.</param>
    /// <param name="streams">One stream of random numbers per row, with a number for each token of the vocabulary; unused when greedy.</param>
    public static (Tensor Tokens, Tensor LogProbabilities, int[]?[]? KeptIds) Sample(Tensor logits, GenerationOptions options, Tensor? seen, ulong[] streams)
    {
        if (options.Temperature == 0)
        {
            // max() finds the first of equals as argmax() does, in half the time.
            Tensor wide = logits.AtLeastSingle(), best = Penalize(wide, options, seen).max(1, keepdim: true).indexes;
            return (best.squeeze(1), nn.functional.log_softmax(wide, 1).gather(1, best).squeeze(1), null);
        }
        Tensor probabilities = Distribution(logits, options, seen), tokens = Draw(probabilities, streams);
        int[]?[]? kept = options is { KeepsIds: true, Cuts: true } ? PerRow(probabilities.to(ScalarType.Float32), (row, _) => Possible(row)) : null;
        return (tokens, probabilities.gather(1, tokens.unsqueeze(1)).squeeze(1).log(), kept);
    }

    /// <summary>A function of every row of a float32 tensor [B, V] and of its number, on all cores.</summary>
    /// <param name="values">[B, V].</param>
    /// <param name="function">Of a row and its number.</param>
    /// <param name="blockBytes">How much is looked at at once, but at least a row.</param>
    internal static T[] PerRow<T>(Tensor values, Func<ReadOnlySpan<float>, int, T> function, int blockBytes = MaximumBlockBytes)
    {
        int vocabulary = (int)values.size(1), block = Math.Max(1, blockBytes / sizeof(float) / vocabulary);
        var results = new T[values.size(0)];
        for (int first = 0; first < results.Length; first += block)
        {
            int count = Math.Min(block, results.Length - first), offset = first;
            using Tensor part = values.narrow(0, first, count), host = part.cpu(), local = host.contiguous();
            WorkerTeam.For(count, vocabulary, (start, end) =>
            {
                ReadOnlySpan<float> rows = MemoryMarshal.Cast<byte, float>(local.bytes);
                for (int i = start; i < end; i++) results[offset + i] = function(rows.Slice(i * vocabulary, vocabulary), offset + i);
            });
        }
        return results;
    }

    // Where no token has a probability, which is where they are NaN, any one stands for the winner: what is told of it is NaN, too.
    private static Tensor Draw(Tensor probabilities, ulong[] streams) => tensor(
        PerRow(probabilities.to(ScalarType.Float32), (row, index) => Math.Max(0L, ExponentialRace.Winner(row, streams[index]))),
        device: probabilities.device);

    /// <summary>What can be drawn; null = everything.</summary>
    private static int[]? Possible(ReadOnlySpan<float> probabilities)
    {
        List<int> ids = [];
        for (int id = 0; id < probabilities.Length; id++)
            if (probabilities[id] > 0) ids.Add(id);
        return ids.Count == probabilities.Length ? null : [.. ids];
    }

    private static Tensor Penalize(Tensor logits, GenerationOptions options, Tensor? seen)
    {
        Tensor scores = logits.AtLeastSingle();
        return options.RepetitionPenalty == 1 || seen is null
            ? scores
            : where(seen, where(scores.Below(0), scores.Times(options.RepetitionPenalty), scores.Over(options.RepetitionPenalty)), scores);
    }
}
