using MLNetAttn.Estimators;

namespace MLNetAttn.Cli;

/// <summary>How far a run has come, and how its evaluations went.</summary>
internal sealed class RunCourse
{
    /// <summary>The last step; 0 = none.</summary>
    public int Step { get; private set; }

    /// <summary>What evaluations measure; null where there was none.</summary>
    public string? Goal { get; private set; }

    /// <summary>The last evaluation; null where there was none.</summary>
    public Evaluated? Last { get; private set; }

    /// <summary>The best one so far; null where there was none.</summary>
    public Evaluated? Best { get; private set; }

    /// <summary>That of the model that training began with; null where it was not evaluated.</summary>
    public Evaluated? Start { get; private set; }

    /// <summary>Takes what was measured in a step into account.</summary>
    public void Add(int step, IReadOnlyDictionary<string, double> metrics)
    {
        Step = step;
        if (!metrics.TryGetValue(BestPolicy.StepMetric, out double best)) return;
        Goal = metrics.ContainsKey("eval_reward") ? "eval_reward" : "eval_loss";
        Last = new Evaluated(step, metrics.GetValueOrDefault(Goal, double.NaN));
        if (step == 0) Start = Last;
        if (double.IsNaN(best) || Best?.Step == (int)best) return;
        // What an evaluation measured that is in no file any more is not known.
        Best = (int)best == step ? Last : new Evaluated((int)best, double.NaN);
    }

    /// <summary>An evaluation.</summary>
    /// <param name="Step">The step after which it was made; 0 = before the first.</param>
    /// <param name="Value">What it measured; NaN = unknown, or undefined.</param>
    internal sealed record Evaluated(int Step, double Value);
}
