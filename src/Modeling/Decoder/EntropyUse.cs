namespace MLNetAttn.Modeling;

/// <summary>What a pass is asked for beside log-probabilities.</summary>
internal enum EntropyUse
{
    /// <summary>No entropies.</summary>
    None,

    /// <summary>Entropies without a gradient.</summary>
    Value,

    /// <summary>Entropies whose gradient flows where that of log-probabilities does.</summary>
    Gradient,
}
