namespace MLNetAttn.Pipelines;

/// <summary>Whether a response changes more where its anchors are replaced (the paper's Table 1): overlap of content after replacing tokens of high and of low
/// FAI.</summary>
public sealed record PerturbationResult
{
    internal PerturbationResult(IReadOnlyList<PerturbedResponse> responses, int skipped, PerturbationOptions options)
    {
        (Responses, Skipped) = (responses, skipped);
        double[] differences = [.. responses.Select(response => response.HighMean - response.LowMean)];
        (HighMean, LowMean) = (responses.Average(response => response.HighMean), responses.Average(response => response.LowMean));
        HighBelowLow = new Proportion(differences.Count(difference => difference < 0), differences.Length);
        DifferenceInterval = Bootstrap.Interval(differences.Length, options.Draws, options.Seed, drawn => drawn.Average(i => differences[i]));
        PValue = SignFlipTest.TwoSidedP(differences, options.Draws, options.Seed);
    }

    /// <summary>The responses, with every trial.</summary>
    public IReadOnlyList<PerturbedResponse> Responses { get; }

    /// <summary>How many responses were too short: fewer tokens with a defined FAI than high and low positions.</summary>
    public int Skipped { get; }

    /// <summary>Mean over responses of the overlap after replacing tokens of high FAI; the paper, 70 problems: 0.534.</summary>
    public double HighMean { get; }

    /// <summary>The same for low FAI; the paper: 0.631.</summary>
    public double LowMean { get; }

    /// <summary>The responses that changed more at high than at low FAI, with Wilson's interval; the paper: 87.14 %.</summary>
    public Proportion HighBelowLow { get; }

    /// <summary>High minus low.</summary>
    public double Difference => HighMean - LowMean;

    /// <summary>The 95 % bootstrap interval of <see cref="Difference"/> over responses; unbounded where all differ by the same, as one does.</summary>
    public ConfidenceInterval DifferenceInterval { get; }

    /// <summary>The two-sided p-value of a paired permutation test: how often the mean difference is at least as far from 0 where high and low are exchanged in
    /// each response by the toss of a coin. Exact where at most 20 responses differ, else from <see cref="PerturbationOptions.Draws"/>.</summary>
    public double PValue { get; }

    /// <summary>JSON with names in snake_case; continuations are left out.</summary>
    public string ToJson() => ResultText.Json(this);

    /// <summary>The table, for a report (<see cref="RhythmReport.Add(ReportTable)"/>).</summary>
    public ReportTable ToTable() => new(
        "Perturbation test",
        ["overlap of content words", "value", "95 % interval", "p"],
        [
            ["tokens of high FAI replaced", ResultText.Number(HighMean), "", ""],
            ["tokens of low FAI replaced", ResultText.Number(LowMean), "", ""],
            ["high − low", ResultText.Number(Difference), ResultText.Numbers(DifferenceInterval), ResultText.Probability(PValue)],
            ["responses with high < low", ResultText.Percent(HighBelowLow.Value), ResultText.Percents(HighBelowLow.Interval), ""],
        ])
    { Note = $"{Size}; the interval by bootstrap over responses, p by a paired permutation test, two-sided." };

    /// <summary>A table.</summary>
    public override string ToString() => $"{Size}\n{ResultText.Table(ToTable())}";

    private string Size => $"{Responses.Count} responses{(Skipped > 0 ? $", {Skipped} too short" : "")}";
}
