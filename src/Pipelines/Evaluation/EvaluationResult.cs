using System.Globalization;

namespace MLNetAttn.Pipelines;

/// <summary>How well responses to a set of problems do.</summary>
public sealed record EvaluationResult
{
    private readonly int[] _right;

    internal EvaluationResult(float[][] rewards, EvaluationOptions options)
    {
        Rewards = rewards;
        Samples = rewards[0].Length;
        _right = [.. rewards.Select(samples => samples.Count(reward => reward >= options.RightFrom))];
        PassAt1 = new Proportion(rewards.Count(samples => samples[0] >= options.RightFrom), rewards.Length);
        AverageAtK = MeanShare(problem => (double)_right[problem] / Samples, options);
        MeanReward = Mean([.. rewards.Select(samples => samples.Average(reward => float.IsNaN(reward) ? 0.0 : reward))], options);
        PassAtK = [.. PowersOfTwo(Samples)
            .Select(k => new PassEstimate(k, MeanShare(problem => PassEstimate.OfProblem(Samples, _right[problem], k), options)))];
    }

    /// <summary>Per problem, the reward of each response; NaN = the reward gave none, which counts as wrong.</summary>
    public IReadOnlyList<IReadOnlyList<float>> Rewards { get; }

    /// <summary>How many problems there are.</summary>
    public int Problems => Rewards.Count;

    /// <summary>How many responses each of them has.</summary>
    public int Samples { get; }

    /// <summary>The share of problems whose first response is right, with Wilson's interval.</summary>
    public Proportion PassAt1 { get; }

    /// <summary>avg@k: the mean over problems of the share of right responses, with the bootstrap interval over problems; with Wilson's where each problem is
    /// all right or all wrong, or all have one share, which draws say nothing of.</summary>
    public Estimate AverageAtK { get; }

    /// <summary>The mean reward; a missing one counts as 0. With the bootstrap interval over problems, unbounded where all have one mean.</summary>
    public Estimate MeanReward { get; }

    /// <summary>pass@k, unbiased, for k = 1, 2, 4, … and the number of samples, with intervals as those of <see cref="AverageAtK"/>.</summary>
    public IReadOnlyList<PassEstimate> PassAtK { get; }

    /// <summary>The share of responses that were cut before they ended: at <see cref="Modeling.GenerationOptions.MaxNewTokens"/>, or where the model's context
    /// was full. Many of them may be wrong for want of room alone.</summary>
    public double ClippedRatio { get; internal init; }

    /// <summary>The share of right responses to each problem.</summary>
    internal double[] Shares => [.. _right.Select(right => (double)right / Samples)];

    /// <summary>JSON with names in snake_case.</summary>
    public string ToJson() => ResultText.Json(this);

    /// <summary>The table, for a report (<see cref="RhythmReport.Add(ReportTable)"/>).</summary>
    public ReportTable ToTable() => new(
        "Evaluation",
        ["measure", "value", "95 % interval"],
        [
            ["pass@1, first sample", ResultText.Percent(PassAt1.Value), ResultText.Percents(PassAt1.Interval)],
            Row(string.Create(CultureInfo.InvariantCulture, $"avg@{Samples}"), AverageAtK),
            .. PassAtK.Where(pass => pass.K > 1).Select(pass => Row(string.Create(CultureInfo.InvariantCulture, $"pass@{pass.K}"), pass.Estimate)),
            ["cut responses", ResultText.Percent(ClippedRatio), ""],
            ["mean reward", ResultText.Number(MeanReward.Value), ResultText.Numbers(MeanReward.Interval)],
        ])
    { Note = $"{Size}; intervals over problems." };

    /// <summary>A table.</summary>
    public override string ToString() => $"{Size}\n{ResultText.Table(ToTable())}";

    private string Size => string.Create(CultureInfo.InvariantCulture, $"{Problems} problems, {Samples} samples each");

    private static string[] Row(string name, Estimate estimate) => [name, ResultText.Percent(estimate.Value), ResultText.Percents(estimate.Interval)];

    private static IEnumerable<int> PowersOfTwo(int samples)
    {
        for (int k = 1; k < samples; k *= 2) yield return k;
        yield return samples;
    }

    /// <summary>The mean of shares. None varies more than outcomes of the same mean do, so that Wilson's interval is wide enough where draws are all
    /// alike.</summary>
    private Estimate MeanShare(Func<int, double> ofProblem, EvaluationOptions options)
    {
        double[] shares = [.. Enumerable.Range(0, Problems).Select(ofProblem)];
        return Array.TrueForAll(shares, share => share is 0 or 1) || Array.TrueForAll(shares, share => share == shares[0])
            ? new Estimate(shares.Average(), Proportion.Wilson(shares.Sum(), Problems))
            : Mean(shares, options);
    }

    private static Estimate Mean(double[] values, EvaluationOptions options) => new(
        values.Average(),
        Bootstrap.Interval(values.Length, options.BootstrapDraws, options.Seed, drawn => drawn.Average(problem => values[problem])));
}
