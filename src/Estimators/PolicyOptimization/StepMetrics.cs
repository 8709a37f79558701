using System.Diagnostics;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>What is measured in a step, under TRL's names (docs/training.md).</summary>
internal sealed class StepMetrics
{
    /// <summary>What people see of a step, in this order, of what a trainer measures.</summary>
    public static IReadOnlyList<string> Shown { get; } =
    [
        "reward", "reward_std", "eval_reward", "frac_reward_zero_std", "completions/mean_length", "completions/clipped_ratio",
        "loss", "eval_loss", "mean_token_accuracy", "entropy", "kl", "grad_norm", "learning_rate", "epoch", "credit/mean", "step_time",
    ];

    private readonly Dictionary<string, double> _values = [];
    private readonly MetricSums _updates = new();
    private readonly long _stepStarted = Stopwatch.GetTimestamp();
    private long _phaseStarted = Stopwatch.GetTimestamp();

    /// <summary>A phase begins.</summary>
    public void Begin() => _phaseStarted = Stopwatch.GetTimestamp();

    /// <summary>A phase is over, and the next begins; a step may have a phase several times.</summary>
    public void Lap(string name)
    {
        _values[name] = _values.GetValueOrDefault(name) + Stopwatch.GetElapsedTime(_phaseStarted).TotalSeconds;
        Begin();
    }

    /// <summary>Groups were sampled whose rewards are all equal.</summary>
    public void Resampled(int equalGroups) => _values["sampling/equal_groups"] = equalGroups;

    /// <summary>What a reward is made of was measured too.</summary>
    public void RewardParts(IReadOnlyList<string> names, RewardScore[] scores)
    {
        for (int part = 0; part < names.Count; part++)
            RewardStatistics.Of(scores.Select(score => score.Parts[part])).AddTo(_values, $"rewards/{names[part]}");
    }

    /// <summary>The step's responses are there.</summary>
    /// <param name="lengths">Tokens of each.</param>
    /// <param name="truncated">Which of them did not end.</param>
    public void Sampled(int[] lengths, bool[] truncated)
    {
        double[] terminated = [.. lengths.Zip(truncated).Where(response => !response.Second).Select(response => (double)response.First)];
        _values["completions/mean_length"] = lengths.Average();
        _values["completions/min_length"] = lengths.Min();
        _values["completions/max_length"] = lengths.Max();
        _values["completions/mean_terminated_length"] = terminated.Length == 0 ? 0 : terminated.Average();
        _values["completions/clipped_ratio"] = 1 - (double)terminated.Length / lengths.Length;
    }

    /// <summary>Rewards were compared.</summary>
    public void Rewarded(GroupAdvantages advantages)
    {
        foreach ((string name, double value) in advantages.Metrics) _values[name] = value;
        _values["rewards/left_out"] = advantages.Rewards.Count(double.IsNaN);
    }

    /// <summary>Flow was traced in responses with an answer.</summary>
    public void Traced(int answered, int responses) => _values["credit/answered_fraction"] = (double)answered / responses;

    /// <summary>Credit was assigned.</summary>
    /// <param name="credit">Of each response.</param>
    /// <param name="rhythm">What it was assigned from; null = nothing.</param>
    /// <param name="before">The head groups known before this step; null = there are none to compare with.</param>
    /// <param name="now">Those known after it.</param>
    public void Credited(IReadOnlyList<CreditAssignment> credit, IReadOnlyList<RhythmAnalysis>? rhythm, HeadGroups? before, HeadGroups? now)
    {
        double sum = 0;
        long tokens = 0, amplified = 0;
        foreach (CreditAssignment assignment in credit)
        {
            tokens += assignment.Credit.Length;
            foreach (double gamma in assignment.Credit)
            {
                sum += gamma;
                if (gamma > 1) amplified++;
            }
        }
        (_values["credit/mean"], _values["credit/amplified_fraction"]) = (sum / tokens, (double)amplified / tokens);
        if (rhythm is null) return;
        _values["credit/waad_mean"] = Mean(rhythm, analysis => analysis.Waad);
        _values["credit/fai_mean"] = Mean(rhythm, analysis => analysis.Fai);
        if (before is not null && now is not null) _values["credit/head_turnover"] = Turnover(before, now);
    }

    /// <summary>The policy was updated.</summary>
    public void Updated(IReadOnlyDictionary<string, double> metrics) => _updates.Add(metrics);

    /// <summary>The step is over.</summary>
    /// <param name="tokens">Tokens of all steps so far.</param>
    public IReadOnlyDictionary<string, double> End(long tokens)
    {
        Lap("time/train");
        foreach ((string name, double value) in _updates.Means()) _values[name] = value;
        _values["num_tokens"] = tokens;
        _values["step_time"] = Stopwatch.GetElapsedTime(_stepStarted).TotalSeconds;
        return _values;
    }

    /// <summary>The share of heads that are in another group, or in none, compared with the step before.</summary>
    private static double Turnover(HeadGroups before, HeadGroups now)
    {
        int stayed = now.Local.Intersect(before.Local).Count() + now.Global.Intersect(before.Global).Count();
        return 1 - (double)stayed / (now.Local.Count + now.Global.Count);
    }

    /// <summary>The mean of the defined values of all responses; NaN if there are none.</summary>
    private static double Mean(IReadOnlyList<RhythmAnalysis> rhythm, Func<RhythmAnalysis, float[]> values)
    {
        double sum = 0;
        long defined = 0;
        foreach (RhythmAnalysis analysis in rhythm)
        {
            foreach (float value in values(analysis))
            {
                if (float.IsNaN(value)) continue;
                sum += value;
                defined++;
            }
        }
        return sum / defined;
    }
}
