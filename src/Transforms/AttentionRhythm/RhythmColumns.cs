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

    /// <summary>Those that one pass gives at once.</summary>
    Default = Tokens | TokenIds | Waad | Fai | Entropy | LogProbability,

    /// <summary>FAI of the receiver heads (Bogdan et al., arXiv 2506.19143). Finding these heads takes the attention of every query to every earlier key, in
    /// Fit or, without calibration, for every row.</summary>
    ReceiverFai = 64,

    /// <summary>All of them.</summary>
    All = Default | ReceiverFai,
}
