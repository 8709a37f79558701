using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Which keys a query may see, as boolean masks (true = visible). Null stands for plain causal attention, which needs none.</summary>
internal static class AttentionMask
{
    /// <summary>The mask of a batch padded on the left: causal, without the padding. A padded query sees itself, so that no row is empty.</summary>
    /// <param name="padding">Padded positions of each row.</param>
    /// <param name="length">Positions T, padding included.</param>
    /// <param name="device">Where the mask goes.</param>
    /// <returns>bool [B, 1, T, T], or null if nothing is padded.</returns>
    public static Tensor? LeftPadded(IReadOnlyList<int> padding, int length, Device device)
    {
        if (padding.All(p => p == 0)) return null;
        using var scope = NewDisposeScope();
        Tensor position = TensorArithmetic.Range(0, length, device: device);
        Tensor causal = position.unsqueeze(0).le(position.unsqueeze(1)), self = position.unsqueeze(0).eq(position.unsqueeze(1));       // [T, T]
        return causal.logical_and(RealKeys(padding, length, device)).logical_or(self).MoveToOuterDisposeScope();
    }

    /// <summary>The keys that one new position of each row may see: all but the padding. bool [B, 1, 1, T], or null if nothing is padded.</summary>
    public static Tensor? NewPosition(IReadOnlyList<int> padding, int length, Device device) =>
        padding.All(p => p == 0) ? null : RealKeys(padding, length, device);

    /// <summary>Narrows a mask, or plain causal attention, to a sliding window of keys where the sequence reaches it.</summary>
    /// <param name="mask">The mask so far; null = causal.</param>
    /// <param name="window">Keys visible to a query, itself included; null = no window.</param>
    /// <param name="queries">T, the last T of the keys' positions.</param>
    /// <param name="keys">S ≥ T.</param>
    /// <param name="device">Where the mask goes.</param>
    public static Tensor? Slide(Tensor? mask, int? window, long queries, long keys, Device device)
    {
        if (window is not { } width || keys <= width) return mask ?? CausalWithPast(queries, keys, device);
        Tensor distance = TensorArithmetic.Range(keys - queries, keys, device: device).unsqueeze(1)
            - TensorArithmetic.Range(0, keys, device: device).unsqueeze(0);                                                              // [T, S]
        Tensor visible = distance.AtLeast(0).logical_and_(distance.Below(width));
        return mask is null ? visible.view(1, 1, queries, keys) : mask.logical_and(visible);
    }

    /// <summary>Several new positions after a cached past: the plain causal flag would align the wrong corner.</summary>
    private static Tensor? CausalWithPast(long queries, long keys, Device device) =>
        queries == 1 || queries == keys ? null : ones(queries, keys, dtype: ScalarType.Bool, device: device).tril(keys - queries).view(1, 1, queries, keys);

    private static Tensor RealKeys(IReadOnlyList<int> padding, int length, Device device)
    {
        using Tensor first = tensor(padding.Select(p => (long)p).ToArray(), device: device).view(-1, 1, 1, 1);
        using Tensor position = TensorArithmetic.Range(0, length, device: device);
        return position.ge(first);                                                                                                // [B, 1, 1, T]
    }
}
