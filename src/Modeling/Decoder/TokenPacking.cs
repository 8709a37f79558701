using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Which tokens of a batch are computed: a prompt that several rows begin with once, and no padding. All parts of a decoder but attention see one
/// token at a time, and what they make of a prompt is the same whatever follows it.</summary>
internal sealed class TokenPacking
{
    // Gathering rows costs something too, and small batches are to be computed as the reference implementations do.
    private const int LeastTokens = 512;
    private const double LeastSaved = 0.1;

    // No tensors, which would have to outlive the batch: layers that are computed again for the gradient need them then.
    private readonly int _rows;
    private readonly long[] _numbers;
    private readonly long[] _places;

    private TokenPacking(int rows, long[] numbers, long[] places) => (_rows, _numbers, _places) = (rows, numbers, places);

    /// <summary>The packing of sequences that are padded on the right to one length; null where it would save little.</summary>
    /// <param name="sequences">[B].</param>
    /// <param name="length">T.</param>
    public static TokenPacking? Of(IReadOnlyList<TokenSequence> sequences, int length)
    {
        if ((long)sequences.Count * length < LeastTokens) return null;
        long[] numbers = new long[sequences.Count * length];
        var places = new List<long>(numbers.Length);
        var firstRows = new Dictionary<int[], int>(SameTokens.Instance);
        for (int row = 0; row < sequences.Count; row++)
        {
            (int[] prompt, int[] response) = sequences[row];
            int start = row * length, own = 0;
            if (!firstRows.TryAdd(prompt, row))
            {
                numbers.AsSpan(firstRows[prompt] * length, prompt.Length).CopyTo(numbers.AsSpan(start));
                own = prompt.Length;
            }
            for (int t = own; t < prompt.Length + response.Length; t++)
            {
                numbers[start + t] = places.Count;
                places.Add(start + t);
            }
            // Padding, which nothing looks at, is given the row's own last token: rows have nothing to do with each other.
            int end = start + prompt.Length + response.Length;
            numbers.AsSpan(end, start + length - end).Fill(numbers[end - 1]);
        }
        return places.Count <= (1 - LeastSaved) * numbers.Length ? new TokenPacking(sequences.Count, numbers, [.. places]) : null;
    }

    /// <summary>B.</summary>
    public int Rows => _rows;

    /// <summary>The number, among those that are computed, of the token at a place in [B · T].</summary>
    public long NumberOf(int place) => _numbers[place];

    /// <summary>Token ids [B, T] → [1, N]: those that are computed, N of them.</summary>
    public Tensor PackIds(Tensor ids) => ids.reshape(-1).index_select(0, Index(_places, ids)).unsqueeze(0);

    /// <summary>[B, T, F] → [1, N, F]. Differentiable.</summary>
    public Tensor Pack(Tensor whole) => whole.reshape(-1, whole.size(2)).index_select(0, Index(_places, whole)).unsqueeze(0);

    /// <summary>[1, N, F] → [B, T, F]: to each place what was computed for its token, and to padding, which nothing looks at, that of the row's last.
    /// Differentiable.</summary>
    public Tensor Unpack(Tensor packed) => packed.squeeze(0).index_select(0, Index(_numbers, packed)).view(_rows, -1, packed.size(2));

    private static Tensor Index(long[] rows, Tensor of) => tensor(rows, device: of.device);

    /// <summary>Compares token ids one by one.</summary>
    private sealed class SameTokens : IEqualityComparer<int[]>
    {
        public static SameTokens Instance { get; } = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] ids)
        {
            var hash = new HashCode();
            foreach (int id in ids) hash.Add(id);
            return hash.ToHashCode();
        }
    }
}
