using System.Diagnostics;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>What is measured in a step, under TRL's names (rl.md 3): one method per phase, called when the phase is over.</summary>
internal sealed class StepMetrics
{
    private Dictionary<string, double> _values = [];
    private MetricSums _updates = new();
    private HeadGroups? _lastGroups;
    private long _tokens;
    private long _stepStarted;
    private long _phaseStarted;

    /// <summary>A step begins.</summary>
    public void Begin()
    {
        (_values, _updates) = ([], new MetricSums());
        _stepStarted = _phaseStarted = Stopwatch.GetTimestamp();
    }

    /// <summary>Responses were sampled.</summary>
    public void Sampled(IReadOnlyList<GeneratedSequence> samples, IReadOnlyList<TokenSequence> sequences)
    {
        Lap("time/sample");
        double[] lengths = [.. samples.Select(sample => (double)sample.TokenIds.Length)];
        double[] terminated = [.. samples.Where(sample => sample.FinishReason != FinishReason.Length).Select(sample => (double)sample.TokenIds.Length)];
        _tokens += sequences.Sum(sequence => sequence.Length);
        _values["num_tokens"] = _tokens;
        _values["completions/mean_length"] = lengths.Average();
        _values["completions/min_length"] = lengths.Min();
        _values["completions/max_length"] = lengths.Max();
        _values["completions/mean_terminated_length"] = terminated.Length == 0 ? 0 : terminated.Average();
        _values["completions/clipped_ratio"] = 1 - (double)terminated.Length / lengths.Length;
    }

    /// <summary>Responses were rewarded.</summary>
    public void Rewarded(GroupAdvantages advantages)
    {
        Lap("time/reward");
        foreach ((string name, double value) in advantages.Metrics) _values[name] = value;
    }

    /// <summary>Flow was traced in responses with an answer.</summary>
    public void Traced(int answered, int responses) => _values["credit/answered_fraction"] = (double)answered / responses;

    /// <summary>Credit was assigned.</summary>
    public void Credited(IReadOnlyList<CreditAssignment> credit, IReadOnlyList<RhythmAnalysis>? rhythm)
    {
        Lap("time/attention");
        _values["credit/mean"] = credit.SelectMany(assignment => assignment.Credit).Average();
        _values["credit/amplified_fraction"] = credit.SelectMany(assignment => assignment.Credit).Average(gamma => gamma > 1 ? 1.0 : 0.0);
        if (rhythm is null) return;
        _values["credit/waad_mean"] = Mean(rhythm.SelectMany(analysis => analysis.Waad));
        _values["credit/fai_mean"] = Mean(rhythm.SelectMany(analysis => analysis.Fai));
        // Groups are comparable from step to step only where a whole batch shares them.
        HeadGroups? groups = rhythm.All(analysis => ReferenceEquals(analysis.Groups, rhythm[0].Groups)) ? rhythm[0].Groups : null;
        if (groups is not null && _lastGroups is not null) _values["credit/head_turnover"] = Turnover(_lastGroups, groups);
        _lastGroups = groups;
    }

    /// <summary>The policy was updated.</summary>
    public void Updated(IReadOnlyDictionary<string, double> metrics) => _updates.Add(metrics);

    /// <summary>The step is over.</summary>
    public IReadOnlyDictionary<string, double> End()
    {
        Lap("time/train");
        foreach ((string name, double value) in _updates.Means()) _values[name] = value;
        _values["step_time"] = Stopwatch.GetElapsedTime(_stepStarted).TotalSeconds;
        return _values;
    }

    /// <summary>The share of heads that are in another group, or in none, compared with the step before.</summary>
    private static double Turnover(HeadGroups before, HeadGroups now)
    {
        int stayed = now.Local.Intersect(before.Local).Count() + now.Global.Intersect(before.Global).Count();
        return 1 - (double)stayed / (now.Local.Count + now.Global.Count);
    }

    private static double Mean(IEnumerable<float> values) => values.Where(value => !float.IsNaN(value)).Select(value => (double)value).DefaultIfEmpty(double.NaN).Average();

    private void Lap(string name)
    {
        _values[name] = Stopwatch.GetElapsedTime(_phaseStarted).TotalSeconds;
        _phaseStarted = Stopwatch.GetTimestamp();
    }
}
