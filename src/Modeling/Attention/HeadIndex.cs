namespace MLNetAttn.Modeling;

/// <summary>A query head of a layer, both counted from 0. With grouped-query attention every query head counts.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Head">The head.</param>
public readonly record struct HeadIndex(int Layer, int Head);
