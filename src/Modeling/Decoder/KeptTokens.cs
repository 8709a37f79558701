using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The tokens that sampling could have drawn at each of M places, where top-k, top-p or min-p kept only some.</summary>
/// <remarks>Scores are then of the distribution among these. A ratio of two policies is one only where both are cut alike, so what the policy that sampled kept
/// is kept for every other, too ("keep sampling mask", DeepSeek-V3.2, arXiv 2512.02556, 3.1).</remarks>
internal sealed class KeptTokens
{
    private readonly int[]?[] _ids;

    private KeptTokens(int[]?[] ids) => _ids = ids;

    /// <summary>Those of all response tokens, in order; null where no sequence says anything.</summary>
    public static KeptTokens? Of(IReadOnlyList<TokenSequence> sequences)
    {
        if (sequences.All(sequence => sequence.KeptIds is null)) return null;
        return new([.. sequences.SelectMany(sequence =>
            sequence.KeptIds is not { } kept ? new int[]?[sequence.ResponseIds.Length]
            : kept.Length == sequence.ResponseIds.Length ? kept
            : throw new ArgumentException(
                $"What sampling kept is known of {kept.Length} tokens, expected one entry for each of the response's {sequence.ResponseIds.Length}."))]);
    }

    /// <summary>Puts −∞ in the place of what was not kept.</summary>
    /// <param name="logits">[c, V], of the places from <paramref name="start"/> on.</param>
    /// <param name="start">The first place.</param>
    public Tensor Apply_(Tensor logits, long start)
    {
        (int rows, int vocabulary) = ((int)logits.size(0), (int)logits.size(1));
        bool[] removed = new bool[rows * vocabulary];
        for (int row = 0; row < rows; row++)
        {
            if (_ids[start + row] is not { } kept) continue;
            Span<bool> places = removed.AsSpan(row * vocabulary, vocabulary);
            places.Fill(true);
            foreach (int id in kept) places[id] = false;
        }
        using Tensor mask = tensor(removed, [rows, vocabulary], device: logits.device);
        return logits.Mask_(mask, double.NegativeInfinity);
    }
}
