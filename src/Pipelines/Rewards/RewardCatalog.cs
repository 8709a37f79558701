using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>Rewards in <c>mlContext.Transforms</c>: components that write how good a response is, for policy optimization and for evaluation.</summary>
public static class RewardCatalog
{
    private const string RewardColumn = "Reward";

    /// <summary>Creates a <see cref="MathRewardEstimator"/>: 1 if a response's final answer is the right one, else 0.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="responseColumnName">What the model wrote; text.</param>
    /// <param name="answerColumnName">The right answer; text: a number, or a formula in $…$ or \boxed{…}.</param>
    /// <param name="outputColumnName">Where the reward goes; Single.</param>
    /// <exception cref="InvalidOptionsException">A column name is empty.</exception>
    /// <example>
    /// <code>
    /// IDataView rows = mlContext.Data.LoadFromEnumerable([new { Response = @"so \boxed{\frac12}", Answer = "$0.5$" }]);
    /// float[] rewards = [.. mlContext.Transforms.MathReward().Fit(rows).Transform(rows).GetColumn&lt;float&gt;("Reward")];   // 1
    /// </code>
    /// </example>
    public static MathRewardEstimator MathReward(
        this TransformsCatalog catalog,
        string responseColumnName = "Response", string answerColumnName = "Answer", string outputColumnName = "Reward") =>
        MathReward(catalog, new MathRewardOptions
        {
            ResponseColumnName = responseColumnName,
            AnswerColumnName = answerColumnName,
            OutputColumnName = outputColumnName,
        });

    /// <summary>Creates a <see cref="MathRewardEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static MathRewardEstimator MathReward(this TransformsCatalog catalog, MathRewardOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);

    /// <summary>Creates a <see cref="RegexRewardEstimator"/>: 1 if a regular expression occurs in a response, else 0.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="pattern">A .NET regular expression; anchor it with \A and \z to ask for the whole response.</param>
    /// <param name="responseColumnName">What is searched; text.</param>
    /// <param name="outputColumnName">Where the reward goes; Single.</param>
    /// <param name="regexOptions">How the pattern is read.</param>
    /// <exception cref="InvalidOptionsException">A column name is empty, or the pattern is no regular expression.</exception>
    /// <example>
    /// <code>
    /// var form = mlContext.Transforms.RegexReward(@"\A&lt;think&gt;.*&lt;/think&gt;.*\z", regexOptions: RegexOptions.Singleline);
    /// </code>
    /// </example>
    public static RegexRewardEstimator RegexReward(
        this TransformsCatalog catalog, string pattern,
        string responseColumnName = "Response", string outputColumnName = "Reward",
        RegexOptions regexOptions = RegexOptions.CultureInvariant) =>
        RegexReward(catalog, new RegexRewardOptions
        {
            Pattern = pattern,
            ResponseColumnName = responseColumnName,
            OutputColumnName = outputColumnName,
            Options = regexOptions,
        });

    /// <summary>Creates a <see cref="RegexRewardEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static RegexRewardEstimator RegexReward(this TransformsCatalog catalog, RegexRewardOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);

    /// <summary>Creates a <see cref="LengthPenaltyEstimator"/>: 0 for responses well below a length, falling to −1 where they reach it.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="maximumLength">L_max, in tokens; at least 1. Usually the trainer's MaxNewTokens.</param>
    /// <param name="softLength">L_c: over how many tokens the penalty falls; 0 to maximumLength.</param>
    /// <param name="responseColumnName">The response's token ids; vector of Int32.</param>
    /// <param name="outputColumnName">Where the penalty goes; Single.</param>
    /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
    public static LengthPenaltyEstimator LengthPenalty(
        this TransformsCatalog catalog, int maximumLength = 512, int softLength = 128,
        string responseColumnName = "ResponseTokenIds", string outputColumnName = "Reward") =>
        LengthPenalty(catalog, new LengthPenaltyOptions
        {
            MaximumLength = maximumLength,
            SoftLength = softLength,
            ResponseColumnName = responseColumnName,
            OutputColumnName = outputColumnName,
        });

    /// <summary>Creates a <see cref="LengthPenaltyEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static LengthPenaltyEstimator LengthPenalty(this TransformsCatalog catalog, LengthPenaltyOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);

    /// <summary>Creates a <see cref="WeightedRewardEstimator"/>: the weighted sum of several rewards.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="rewards">Each reward's weight and column; Single, NaN = no value.</param>
    /// <exception cref="InvalidOptionsException">There are none, a name is empty or there twice, a weight is not finite, or all are 0.</exception>
    /// <example>
    /// <code>
    /// var reward = mlContext.Transforms.MathReward(outputColumnName: "IsRight")
    ///     .Append(mlContext.Transforms.LengthPenalty(outputColumnName: "Overlong"))
    ///     .Append(mlContext.Transforms.WeightedReward((1.0, "IsRight"), (0.5, "Overlong")));   // → Reward
    /// </code>
    /// </example>
    public static WeightedRewardEstimator WeightedReward(
        this TransformsCatalog catalog, params (double Weight, string ColumnName)[] rewards) =>
        WeightedReward(catalog, new WeightedRewardOptions
        {
            RewardColumnNames = [.. rewards.Select(reward => reward.ColumnName)],
            Weights = [.. rewards.Select(reward => reward.Weight)],
        });

    /// <summary>Chains several rewards that each write a column Reward, and adds them: their own values are in Reward1, Reward2, … and the weighted sum in
    /// Reward.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="rewards">Each reward and its weight. One that writes no column Reward makes Fit throw; on rows that have such a column, the trainer and
    /// <see cref="Evaluation"/> tell it from the reward's.</param>
    /// <exception cref="InvalidOptionsException">There are none, a weight is not finite, or all are 0.</exception>
    /// <example>
    /// <code>
    /// var polite = Reward.From&lt;Answer&gt;(row => row.Response.Contains("please") ? 1f : 0f);   // null = no value for this row
    /// var reward = mlContext.Transforms.WeightedReward((1.0, mlContext.Transforms.MathReward()), (0.2, polite));
    /// </code>
    /// </example>
    public static IEstimator<ITransformer> WeightedReward(this TransformsCatalog catalog, params (double Weight, IEstimator<ITransformer> Reward)[] rewards) =>
        WeightedReward(catalog, [.. rewards.Select((reward, i) => (reward.Weight, reward.Reward, $"{RewardColumn}{i + 1}"))]);

    /// <summary>Chains several rewards that each write a column Reward, and adds them: their own values are in columns of the names that they are given, under
    /// which policy optimization reports them, and the weighted sum in Reward.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="rewards">Each reward, its weight and the column of its own values. One that writes no column Reward makes Fit throw; on rows that have such
    /// a column, the trainer and <see cref="Evaluation"/> tell it from the reward's.</param>
    /// <exception cref="InvalidOptionsException">There are none, a weight is not finite, all are 0, or a name is empty, there twice, or
    /// Reward.</exception>
    /// <example>
    /// <code>
    /// var reward = mlContext.Transforms.WeightedReward(
    ///     (1.0, mlContext.Transforms.MathReward(), "right"),
    ///     (0.2, mlContext.Transforms.RegexReward("####"), "form"));
    /// </code>
    /// </example>
    public static IEstimator<ITransformer> WeightedReward(
        this TransformsCatalog catalog, params (double Weight, IEstimator<ITransformer> Reward, string ColumnName)[] rewards)
    {
        var options = new WeightedRewardOptions
        {
            RewardColumnNames = [.. rewards.Select(reward => reward.ColumnName)],
            Weights = [.. rewards.Select(reward => reward.Weight)],
        };
        var problems = new Violations();
        options.Check(problems);
        problems.Require(
            !options.RewardColumnNames.Contains(RewardColumn),
            nameof(WeightedRewardOptions.RewardColumnNames),
            string.Join(", ", options.RewardColumnNames),
            $"other names than {RewardColumn}, where the sum is");
        problems.ThrowIfAny(nameof(WeightedRewardOptions));
        WeightedRewardEstimator sum = WeightedReward(catalog, options);
        var chain = new EstimatorChain<ITransformer>();
        foreach ((_, IEstimator<ITransformer> reward, string name) in rewards)
        {
            // Dropped, so that the next one cannot pass off this one's column as its own.
            chain = chain
                .Append<ITransformer>(new WeightedRewardPart(reward, name))
                .Append(catalog.CopyColumns(name, RewardColumn))
                .Append<ITransformer>(catalog.DropColumns(RewardColumn));
        }
        return chain.Append(sum);
    }

    /// <summary>Creates a <see cref="WeightedRewardEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static WeightedRewardEstimator WeightedReward(this TransformsCatalog catalog, WeightedRewardOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);

    /// <summary>Creates a <see cref="GroupAdvantageEstimator"/>: how a reward compares with those of the other responses to its prompt.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="rewardColumnName">The reward; Single, NaN = no value.</param>
    /// <param name="groupColumnName">Which rows answer the same prompt; text, Int32, Int64 or a key.</param>
    /// <param name="outputColumnName">Where the advantage goes; Single.</param>
    /// <param name="scaleRewards">What a reward, less its group's mean, is divided by.</param>
    /// <exception cref="InvalidOptionsException">A column name is empty, or there is no such scale.</exception>
    public static GroupAdvantageEstimator GroupAdvantage(
        this TransformsCatalog catalog,
        string rewardColumnName = "Reward", string groupColumnName = "Group", string outputColumnName = "Advantage",
        RewardScale scaleRewards = RewardScale.Group) =>
        GroupAdvantage(catalog, new GroupAdvantageOptions
        {
            RewardColumnNames = [rewardColumnName],
            GroupColumnName = groupColumnName,
            OutputColumnName = outputColumnName,
            Advantage = new AdvantageOptions { ScaleRewards = scaleRewards },
        });

    /// <summary>Creates a <see cref="GroupAdvantageEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static GroupAdvantageEstimator GroupAdvantage(this TransformsCatalog catalog, GroupAdvantageOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);
}
