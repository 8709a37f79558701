namespace MLNetAttn.Modeling;

/// <summary>How WAAD and FAI are computed (Eq. 7 to 10 of arXiv 2510.13554; docs/concepts.md). Defaults are the paper's, version 2.</summary>
public sealed record RhythmOptions
{
    /// <summary>The layers whose attention is read. Default: five in the middle.</summary>
    public LayerSelection Layers { get; init; } = LayerSelection.Middle;

    /// <summary>W of WAAD (Eq. 9): distances count up to this. Default 10; at least 1.</summary>
    public int Window { get; init; } = 10;

    /// <summary>H_lo of FAI (Eq. 10): the nearest later token that counts. Default 10; at least 0.</summary>
    public int MinimumHorizon { get; init; } = 10;

    /// <summary>H_hi of FAI (Eq. 10): the farthest later token that counts; null = to the end of the response, as in the paper's analysis section. Default 100
    /// (version 1 of the paper: 50); at least <see cref="MinimumHorizon"/>.</summary>
    public int? MaximumHorizon { get; init; } = 100;

    /// <summary>Where nothing is left of the horizon (the last H_lo tokens), use the later tokens that there are instead of leaving FAI undefined. Default
    /// false. Not in the paper.</summary>
    public bool ShrinkHorizon { get; init; }

    /// <summary>Which row of an attention map is a token's: that of the query that reads it, as in the paper, or that of the query that it was sampled from,
    /// one position before. Default <see cref="RowAlignment.Reading"/>.</summary>
    public RowAlignment RowAlignment { get; init; } = RowAlignment.Reading;

    /// <summary>Share of the heads in the local, and in the global, group (Eq. 8). Default 0.3; above 0, at most 1.</summary>
    public double HeadRatio { get; init; } = 0.3;

    /// <summary>Average over all heads read instead of the two groups (the paper's ablation). Default false.</summary>
    public bool AllHeads { get; init; }

    /// <summary>Whether receiver heads are found and their FAI is computed (Bogdan et al., arXiv 2506.19143). Default false: finding them takes the attention
    /// of every query to every earlier key, O(T²) time; with frozen ones it takes their bands alone.</summary>
    public bool Receivers { get; init; }

    /// <summary>Over what the spans are taken that put heads into groups. Default null = <see cref="HeadGrouping.Frozen"/> where <see cref="FrozenGroups"/> are
    /// given; else per sequence where a model analyses, and per batch where a policy is trained.</summary>
    public HeadGrouping? Grouping { get; init; }

    /// <summary>The groups to use, found earlier; null with any other grouping than <see cref="HeadGrouping.Frozen"/>. Default null.</summary>
    public HeadGroups? FrozenGroups { get; init; }

    /// <summary>Divides the logits of log-probabilities and entropies: the temperature that the response was sampled at. Default 1; above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The grouping that is meant.</summary>
    /// <param name="unsaid">Where neither <see cref="Grouping"/> nor <see cref="FrozenGroups"/> says.</param>
    internal HeadGrouping GroupingOr(HeadGrouping unsaid) => Grouping ?? (FrozenGroups is null ? unsaid : HeadGrouping.Frozen);

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        Check(problems, "");
        problems.ThrowIfAny(nameof(RhythmOptions));
    }

    /// <summary>Notes what is out of range, under names that begin with <paramref name="prefix"/>.</summary>
    internal void Check(Violations problems, string prefix)
    {
        problems.Require(Window >= 1, prefix + nameof(Window), Window, "at least 1");
        problems.Require(MinimumHorizon >= 0, prefix + nameof(MinimumHorizon), MinimumHorizon, "0 or more");
        problems.Require(
            MaximumHorizon is null || MaximumHorizon >= MinimumHorizon, prefix + nameof(MaximumHorizon), MaximumHorizon,
            $"at least MinimumHorizon ({MinimumHorizon}), or null for an open end");
        problems.RequireDefined(RowAlignment, prefix + nameof(RowAlignment));
        problems.Require(
            RowAlignment != RowAlignment.Generating || MaximumHorizon is null or >= 1, prefix + nameof(MaximumHorizon), MaximumHorizon,
            "at least 1 where RowAlignment is Generating: no token is sampled from a query that sees it");
        problems.Require(HeadRatio is > 0 and <= 1, prefix + nameof(HeadRatio), HeadRatio, "above 0, at most 1");
        if (Grouping is { } grouping) problems.RequireDefined(grouping, prefix + nameof(Grouping));
        problems.Require(
            AllHeads || Grouping is null || Grouping == HeadGrouping.Frozen == FrozenGroups is not null,
            prefix + nameof(FrozenGroups), FrozenGroups is null ? "null" : "given",
            "groups with HeadGrouping.Frozen and null without");
        problems.Require(
            !Receivers || GroupingOr(HeadGrouping.PerSequence) != HeadGrouping.Frozen || FrozenGroups?.Receivers is not null,
            prefix + nameof(FrozenGroups), "without Receivers",
            "groups with Receivers where Receivers are asked for: measure heads with Receivers = true");
        problems.Require(Temperature > 0 && double.IsFinite(Temperature), prefix + nameof(Temperature), Temperature, "above 0");
    }

    /// <exception cref="ArgumentException">Names every option that is out of range, layers that the model does not have, or frozen groups of other heads than
    /// those read.</exception>
    internal void Validate(DecoderConfig config)
    {
        Validate();
        int[] layers = Layers.Resolve(config.LayerCount);
        if (FrozenGroups?.Problem(layers, config.HeadCount) is { } problem)
            throw new ArgumentException($"{nameof(RhythmOptions)}: {nameof(FrozenGroups)}: {problem}");
    }
}

/// <summary>Which row of an attention map belongs to a token.</summary>
public enum RowAlignment
{
    /// <summary>Row t: the query that reads token t, whose output predicts the next one. The paper's.</summary>
    Reading,

    /// <summary>Row t − 1: the query whose output token t was sampled from. Not in the paper.</summary>
    Generating,
}

/// <summary>Over what head spans are taken when heads are put into groups (Eq. 7 and 8).</summary>
public enum HeadGrouping
{
    /// <summary>Every sequence has groups of its own.</summary>
    PerSequence,

    /// <summary>The sequences analysed together share groups; spans are pooled over all their response tokens. What training uses.</summary>
    PerBatch,

    /// <summary>Groups found earlier, by <see cref="HeadSpans.Group"/>.</summary>
    Frozen,
}
