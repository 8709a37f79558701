namespace MLNetAttn.Transforms;

/// <summary>Which advantages credit acts on (the paper's version 2, Table 7a: both 43.2, positive only 42.0, negative only 40.8).</summary>
public enum CreditSign
{
    /// <summary>All.</summary>
    Both,

    /// <summary>Those of 0 or more.</summary>
    PositiveOnly,

    /// <summary>Those below 0.</summary>
    NegativeOnly,
}
