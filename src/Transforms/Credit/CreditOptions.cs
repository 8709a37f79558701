using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>How credit is assigned to the tokens of a response (Eq. 12 to 19 of arXiv 2510.13554). Defaults are the paper's, version 2.</summary>
public sealed record CreditOptions
{
    /// <summary>Which tokens are amplified. Default <see cref="CreditStrategy.Coupled"/>.</summary>
    public CreditStrategy Strategy { get; init; } = CreditStrategy.Coupled;

    /// <summary>q: the share of the tokens with a defined value that is selected, ⌈q·n⌉. Default 0.4; 0 to 1.</summary>
    public double Fraction { get; init; } = 0.4;

    /// <summary>Select the lowest values instead of the highest: the paper's ablation. Default false; without effect on Uniform and Random.</summary>
    public bool Bottom { get; init; }

    /// <summary>γ_amp: the credit of a selected token; the others have 1. Default 1.5; 0 or more.</summary>
    public double Amplification { get; init; } = 1.5;

    /// <summary>α of the coupled strategy: the share of a dominated anchor's amplification that its introduction gets. Default 0.5; 0 to 1.</summary>
    public double IntroductionShare { get; init; } = 0.5;

    /// <summary>k of the coupled strategy: how many tokens back the introduction of a dominated anchor is looked for. Default 3 (the paper: 1 to 3); at least
    /// 1.</summary>
    public int IntroductionReach { get; init; } = 3;

    /// <summary>τ_waad of the coupled strategy: an anchor is dominated only where WAAD is at most this. Default null = the median of WAAD over the response
    /// (the paper does not say).</summary>
    public double? DominatedWaad { get; init; }

    /// <summary>τ_Δ of the coupled strategy: an anchor is dominated only where a Δ of at least this lies within reach. Default null = the median of Δ over the
    /// response (the paper does not say).</summary>
    public double? DominatingDelta { get; init; }

    /// <summary>Which advantages γ acts on; a response whose advantage has the other sign keeps its roles and gets γ = 1. Default <see cref="CreditSign.Both"/>
    /// (version 1 of the paper: PositiveOnly).</summary>
    public CreditSign Sign { get; init; } = CreditSign.Both;

    /// <summary>Divide γ by its mean over the response: what is left is where credit goes, not that there is more of it. Default false. Not in the paper; its
    /// control.</summary>
    public bool Normalize { get; init; }

    /// <summary>Give every token the mean γ of its response: as much credit, spread evenly. Default false; not with <see cref="Normalize"/>. Not in the paper;
    /// its other control: uniform credit with the same mean.</summary>
    public bool Spread { get; init; }

    /// <summary>Start of the random numbers of <see cref="CreditStrategy.Random"/>; a trainer mixes its own seed in. Default 0.</summary>
    public long Seed { get; init; }

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        Check(problems, "");
        problems.ThrowIfAny(nameof(CreditOptions));
    }

    /// <summary>Notes what is out of range, under names that begin with <paramref name="prefix"/>.</summary>
    internal void Check(Violations problems, string prefix)
    {
        problems.RequireDefined(Strategy, prefix + nameof(Strategy));
        problems.Require(Fraction is >= 0 and <= 1, prefix + nameof(Fraction), Fraction, "0 to 1");
        problems.Require(Amplification >= 0 && double.IsFinite(Amplification), prefix + nameof(Amplification), Amplification, "0 or more");
        problems.Require(IntroductionShare is >= 0 and <= 1, prefix + nameof(IntroductionShare), IntroductionShare, "0 to 1");
        problems.Require(IntroductionReach >= 1, prefix + nameof(IntroductionReach), IntroductionReach, "at least 1");
        problems.Require(DominatedWaad is not double.NaN, prefix + nameof(DominatedWaad), DominatedWaad, "a distance in tokens, or null for the median");
        problems.Require(DominatingDelta is not double.NaN, prefix + nameof(DominatingDelta), DominatingDelta, "a distance in tokens, or null for the median");
        problems.RequireDefined(Sign, prefix + nameof(Sign));
        problems.Require(!(Normalize && Spread), prefix + nameof(Spread), Spread,
            "false where Normalize is true: spread evenly and with mean 1 is uniform credit");
    }
}
