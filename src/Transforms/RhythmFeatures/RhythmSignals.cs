namespace MLNetAttn.Transforms;

/// <summary>The per-token columns that <see cref="RhythmFeaturesEstimator"/> can describe.</summary>
[Flags]
public enum RhythmSignals
{
    /// <summary>WAAD (Eq. 9).</summary>
    Waad = 1,

    /// <summary>FAI (Eq. 10).</summary>
    Fai = 2,

    /// <summary>Entropy.</summary>
    Entropy = 4,

    /// <summary>Log-probability.</summary>
    LogProbability = 8,

    /// <summary>All of them.</summary>
    All = Waad | Fai | Entropy | LogProbability,
}
