namespace MLNetAttn.Modeling;

/// <summary>Which layers' attention is read.</summary>
/// <remarks>The paper reads five layers in the middle; its ablation (v2, Qwen3-4B 1K): Middle 39.2, Bottom 36.6, Top 36.4, All 35.1.</remarks>
public sealed class LayerSelection : IEquatable<LayerSelection>
{
    private readonly Kind _kind;
    private readonly int[] _layers;

    private LayerSelection(Kind kind, params int[] layers) => (_kind, _layers) = (kind, layers);

    private enum Kind { Middle, All, Top, Bottom, Explicit }

    /// <summary>Five evenly spaced layers from ⌊L/3⌋ to ⌊2L/3⌋, duplicates dropped. The paper's choice.</summary>
    public static LayerSelection Middle { get; } = new(Kind.Middle);

    /// <summary>Every layer.</summary>
    public static LayerSelection All { get; } = new(Kind.All);

    /// <summary>The last max(1, ⌊L/3⌋) layers.</summary>
    public static LayerSelection Top { get; } = new(Kind.Top);

    /// <summary>The first max(1, ⌊L/3⌋) layers.</summary>
    public static LayerSelection Bottom { get; } = new(Kind.Bottom);

    /// <summary>These layers, counted from 0.</summary>
    /// <exception cref="ArgumentException">No layer, a negative one, or one twice.</exception>
    public static LayerSelection Of(params int[] layers)
    {
        if (layers.Length == 0 || layers.Any(layer => layer < 0) || layers.Distinct().Count() != layers.Length)
            throw new ArgumentException($"Layers are [{string.Join(", ", layers)}], expected at least one, counted from 0, none twice.", nameof(layers));
        return new(Kind.Explicit, [.. layers.Order()]);
    }

    /// <summary>Reads what <see cref="ToString"/> writes: <c>middle</c>, <c>all</c>, <c>top</c>, <c>bottom</c>, or layers as <c>3,5,7</c>.</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    /// <exception cref="ArgumentException">A negative layer, or one twice.</exception>
    public static LayerSelection Parse(string text)
    {
        foreach (LayerSelection named in (ReadOnlySpan<LayerSelection>)[Middle, All, Top, Bottom])
            if (text.Equals(named.ToString(), StringComparison.OrdinalIgnoreCase)) return named;
        int[] layers = [.. text.Split(',').Select(part => int.TryParse(part, out int layer)
            ? layer
            : throw new FormatException($"Layers are '{text}', expected middle, all, top, bottom or numbers such as 3,5,7."))];
        return Of(layers);
    }

    /// <summary>The layers that this means in a model of <paramref name="count"/> layers, ascending.</summary>
    /// <exception cref="ArgumentException">An explicit layer that the model does not have.</exception>
    public int[] Resolve(int count)
    {
        int third = Math.Max(1, count / 3), low = count / 3, high = 2 * count / 3;
        return _kind switch
        {
            Kind.Middle => [.. Enumerable.Range(0, 5).Select(i => (int)Math.Floor(low + (high - low) * i / 4.0 + 0.5)).Distinct()],
            Kind.All => [.. Enumerable.Range(0, count)],
            Kind.Top => [.. Enumerable.Range(count - third, third)],
            Kind.Bottom => [.. Enumerable.Range(0, third)],
            _ => _layers[^1] < count ? [.. _layers] : throw new ArgumentException($"Layer {_layers[^1]} was asked for; the model has layers 0 to {count - 1}."),
        };
    }

    /// <inheritdoc/>
    public override string ToString() => _kind == Kind.Explicit ? string.Join(',', _layers) : _kind.ToString().ToLowerInvariant();

    /// <inheritdoc/>
    public bool Equals(LayerSelection? other) => other is not null && _kind == other._kind && _layers.SequenceEqual(other._layers);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as LayerSelection);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}
