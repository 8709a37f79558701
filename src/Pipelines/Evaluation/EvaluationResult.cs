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
        AverageAtK = Mean(problem => (double)_right[problem] / Samples, options);
        MeanReward = Mean(problem => rewards[problem].Average(reward => float.IsNaN(reward) ? 0.0 : reward), options);
        PassAtK = [.. PowersOfTwo(Samples).Select(k => new PassEstimate(k, Mean(problem => PassEstimate.OfProblem(Samples, _right[problem], k), options)))];
    }

    /// <summary>Per problem, the reward of each response; NaN = the reward gave none, which counts as wrong.</summary>
    public IReadOnlyList<IReadOnlyList<float>> Rewards { get; }

    /// <summary>How many problems there are.</summary>
    public int Problems => Rewards.Count;

    /// <summary>How many responses each of them has.</summary>
    public int Samples { get; }

    /// <summary>The share of problems whose first response is right, with Wilson's interval.</summary>
    public Proportion PassAt1 { get; }

    /// <summary>avg@k: the mean over problems of the share of right responses, with the bootstrap interval over problems.</summary>
    public Estimate AverageAtK { get; }

    /// <summary>The mean reward; a missing one counts as 0.</summary>
    public Estimate MeanReward { get; }

    /// <summary>pass@k, unbiased, for k = 1, 2, 4, … and the number of samples.</summary>
    public IReadOnlyList<PassEstimate> PassAtK { get; }

    /// <summary>The share of right responses to each problem.</summary>
    internal double[] Shares => [.. _right.Select(right => (double)right / Samples)];

    /// <summary>JSON with names in snake_case.</summary>
    public string ToJson() => ResultText.Json(this);

    /// <summary>A table.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Problems} problems, {Samples} samples each\n") + ResultText.Table(
    [
        ["measure", "value", "95 % interval"],
        ["pass@1, first sample", ResultText.Percent(PassAt1.Value), ResultText.Percents(PassAt1.Interval)],
        Row(string.Create(CultureInfo.InvariantCulture, $"avg@{Samples}"), AverageAtK),
        .. PassAtK.Where(pass => pass.K > 1).Select(pass => Row(string.Create(CultureInfo.InvariantCulture, $"pass@{pass.K}"), pass.Estimate)),
        ["mean reward", ResultText.Number(MeanReward.Value), $"{ResultText.Number(MeanReward.Interval.Lower)} … {ResultText.Number(MeanReward.Interval.Upper)}"],
    ]);

    private static string[] Row(string name, Estimate estimate) => [name, ResultText.Percent(estimate.Value), ResultText.Percents(estimate.Interval)];

    private static IEnumerable<int> PowersOfTwo(int samples)
    {
        for (int k = 1; k < samples; k *= 2) yield return k;
        yield return samples;
    }

    private Estimate Mean(Func<int, double> ofProblem, EvaluationOptions options)
    {
        double[] values = [.. Enumerable.Range(0, Rewards.Count).Select(ofProblem)];
        return new Estimate(
            values.Average(),
            Bootstrap.Interval(values.Length, options.BootstrapDraws, options.Seed, drawn => drawn.Average(problem => values[problem])));
    }
}
