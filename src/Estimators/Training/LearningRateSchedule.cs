namespace MLNetAttn.Estimators;

/// <summary>How the learning rate changes after the warm-up; names and formulas of transformers' <c>get_scheduler</c>.</summary>
public enum LearningRateSchedule
{
    /// <summary>It stays as it is.</summary>
    Constant,

    /// <summary>Falls in a straight line to 0 after the last update.</summary>
    Linear,

    /// <summary>Falls along half a cosine to 0 after the last update.</summary>
    Cosine,
}

/// <summary>The formulas of <see cref="LearningRateSchedule"/>.</summary>
internal static class LearningRateSchedules
{
    /// <summary>What the learning rate is multiplied by at an update. With a warm-up the first update runs at 0: the optimizer's moments move, the parameters
    /// do not.</summary>
    /// <param name="schedule">The shape after the warm-up.</param>
    /// <param name="update">The update, from 0.</param>
    /// <param name="warmup">w: update s below it runs at s / w.</param>
    /// <param name="total">N, all updates.</param>
    public static double Factor(this LearningRateSchedule schedule, int update, int warmup, int total)
    {
        if (update < warmup) return (double)update / warmup;
        double progress = (double)(update - warmup) / Math.Max(1, total - warmup);
        return schedule switch
        {
            LearningRateSchedule.Linear => Math.Max(0, 1 - progress),
            LearningRateSchedule.Cosine => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * progress))),
            _ => 1,
        };
    }
}
