namespace MLNetAttn.Pipelines;

/// <summary>The part of the Countdown problems that a problem belongs to: see <see cref="Countdown.SplitOf"/>.</summary>
public enum CountdownSplit
{
    /// <summary>Problems to train on.</summary>
    Train,

    /// <summary>Problems held out for evaluation.</summary>
    Test,
}
