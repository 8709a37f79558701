using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>The Countdown task in <c>mlContext.Transforms</c>.</summary>
public static class CountdownCatalog
{
    /// <summary>Scores responses to Countdown problems by <see cref="CountdownVerifier.Score"/>: a reward for policy optimization, an accuracy for
    /// evaluation.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="responseColumnName">What the model wrote; text.</param>
    /// <param name="numbersColumnName">The given numbers; vector of Int32 or Single, of any size.</param>
    /// <param name="targetColumnName">The number to reach; Int32, Single or Double.</param>
    /// <param name="outputColumnName">The reward, 0 to 1; Single.</param>
    /// <param name="format">How the responses answer. Default <see cref="CountdownFormat.SearchTrace"/>.</param>
    /// <exception cref="InvalidOptionsException">A column name is empty, or there is no such format.</exception>
    /// <example>
    /// <code>
    /// IDataView problems = mlContext.Data.LoadFromEnumerable(Countdown.Generate(20_000, numbers: 3, seed: 1));
    /// CountdownRewardEstimator reward = mlContext.Transforms.CountdownReward();   // Response, Numbers, Target → Reward
    /// </code>
    /// </example>
    public static CountdownRewardEstimator CountdownReward(
        this TransformsCatalog catalog, string responseColumnName = "Response", string numbersColumnName = "Numbers", string targetColumnName = "Target",
        string outputColumnName = "Reward", CountdownFormat format = CountdownFormat.SearchTrace) => CountdownReward(catalog, new CountdownRewardOptions
        {
            ResponseColumnName = responseColumnName,
            NumbersColumnName = numbersColumnName,
            TargetColumnName = targetColumnName,
            OutputColumnName = outputColumnName,
            Format = format,
        });

    /// <summary>Scores responses to Countdown problems, with all options.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static CountdownRewardEstimator CountdownReward(this TransformsCatalog catalog, CountdownRewardOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);
}
