using Microsoft.ML;
using MLNetAttn.Pipelines;

namespace MLNetAttn;

/// <summary>Makes rewards of functions.</summary>
public static class Reward
{
    /// <summary>A reward that a function gives; it writes the column Reward, Single.</summary>
    /// <remarks>It is ML.NET's CustomMapping without a contract name: it trains and evaluates, but saving a chain with it throws. Give CustomMapping a
    /// contract name and a factory for that, as docs/rewards.md shows.</remarks>
    /// <typeparam name="TRow">The columns that are read, as properties with setters.</typeparam>
    /// <param name="score">The reward of a row; null = no value.</param>
    /// <example>
    /// <code>
    /// var polite = Reward.From&lt;Answer&gt;(row => row.Response.Contains("please") ? 1f : 0f);
    /// </code>
    /// </example>
    public static IEstimator<ITransformer> From<TRow>(Func<TRow, float?> score)
        where TRow : class, new() =>
        new FunctionReward(new MLContext().Transforms.CustomMapping<TRow, Score>((row, result) => result.Reward = score(row) ?? float.NaN, contractName: null));

    /// <summary>A reward that a trained ML.NET model gives, as one of several: <c>WeightedReward((1.0, right), (0.2, Reward.From(sentiment)))</c>. It writes
    /// the column Reward, Single; what else the model writes is left out.</summary>
    /// <param name="model">The model; it is not fitted again. It must not read its label, as one with a step that copies it does.</param>
    /// <param name="columnName">The column of the model's that is the reward, Single: Score of regressors and rankers, Probability of calibrated binary
    /// classifiers.</param>
    /// <exception cref="ArgumentException">The name is empty.</exception>
    /// <example>
    /// <code>
    /// ITransformer sentiment = mlContext.Model.Load("sentiment.zip", out _);
    /// var reward = mlContext.Transforms.WeightedReward((1.0, mlContext.Transforms.MathReward()), (0.2, Reward.From(sentiment, "Probability")));
    /// </code>
    /// </example>
    public static IEstimator<ITransformer> From(ITransformer model, string columnName = "Score")
    {
        ArgumentException.ThrowIfNullOrEmpty(columnName);
        return new ModelReward(model, columnName);
    }

    private sealed class Score
    {
        public float Reward { get; set; }
    }
}
