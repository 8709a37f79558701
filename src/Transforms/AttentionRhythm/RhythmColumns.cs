namespace MLNetAttn.Transforms;

/// <summary>Columns that <see cref="AttentionRhythmEstimator"/> can write.</summary>
[Flags]
public enum RhythmColumns
{
    /// <summary>The tokens as text.</summary>
    Tokens = 1,

    /// <summary>The tokens as ids.</summary>
    TokenIds = 2,

    /// <summary>WAAD (Eq. 9).</summary>
    Waad = 4,

    /// <summary>FAI (Eq. 10).</summary>
    Fai = 8,

    /// <summary>Entropy.</summary>
    Entropy = 16,

    /// <summary>Log-probability.</summary>
    LogProbability = 32,

    /// <summary>All of them.</summary>
    All = Tokens | TokenIds | Waad | Fai | Entropy | LogProbability,
}
