using System.Globalization;
using Microsoft.ML;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>The reward that a configuration asks for.</summary>
internal static class RewardChain
{
    /// <summary>The task's reward, or the weighted sum of those that are given.</summary>
    public static IEstimator<ITransformer> Create(MLContext context, PolicyOptimizationConfig config) => config.Reward switch
    {
        null when config.Task == TrainTask.Countdown => context.Transforms.CountdownReward(format: config.CountdownFormat),
        null => context.Transforms.MathReward(),
        [{ Weight: 1 } only] => Create(context, only),
        { } terms => context.Transforms.WeightedReward([.. terms.Zip(Names(terms), (term, name) => (term.Weight, Create(context, term), name))]),
    };

    /// <summary>The columns of their own values, and what metrics call them: by their kinds, from the second of a kind on with its number.</summary>
    public static IReadOnlyList<string> Names(IReadOnlyList<RewardTerm> terms)
    {
        string[] kinds = [.. terms.Select(term => term.Kinds.First(kind => kind.Options is not null).Name)];
        return [.. kinds.Select((kind, i) => kinds.Take(i).Count(earlier => earlier == kind) is > 0 and int before
            ? string.Create(CultureInfo.InvariantCulture, $"{kind}_{before + 1}")
            : kind)];
    }

    /// <summary>One reward.</summary>
    /// <exception cref="InvalidOptionsException">Its options are out of range.</exception>
    public static IEstimator<ITransformer> Create(MLContext context, RewardTerm term) => term switch
    {
        { Countdown: { } options } => context.Transforms.CountdownReward(options),
        { Math: { } options } => context.Transforms.MathReward(options),
        { Regex: { } options } => context.Transforms.RegexReward(options),
        { LengthPenalty: { } options } => context.Transforms.LengthPenalty(options),
        _ => throw new ArgumentException("The term names no reward.", nameof(term)),
    };
}
