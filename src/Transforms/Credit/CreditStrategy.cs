namespace MLNetAttn.Transforms;

/// <summary>Which tokens of a response get more credit than the others (Eq. 12 to 19 of arXiv 2510.13554; docs/concepts.md).</summary>
public enum CreditStrategy
{
    /// <summary>None: γ = 1 everywhere, as plain GRPO has it.</summary>
    Uniform,

    /// <summary>Local-chunk credit (Eq. 14): tokens at which the look-back distance changes most, Δ[t] = |WAAD[t] − WAAD[t+1]|.</summary>
    Local,

    /// <summary>Global-anchor credit (Eq. 16): tokens that later tokens look at most, by FAI.</summary>
    Global,

    /// <summary>Coupled rhythm credit (Eq. 19): anchors, and for anchors inside a chunk part of the credit moves to the token that introduced the chunk. The
    /// paper's method.</summary>
    Coupled,

    /// <summary>Flow credit (FlowTracer, arXiv 2606.10646): the tokens that most of what flows from question to answer passes.</summary>
    Flow,

    /// <summary>Control: the tokens of the highest entropy.</summary>
    HighEntropy,

    /// <summary>Control: as many tokens, drawn at random.</summary>
    Random,
}
