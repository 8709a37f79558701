using Microsoft.ML;

namespace MLNetAttn;

/// <summary>Makes rewards of functions.</summary>
public static class Reward
{
    /// <summary>A reward that a function gives; it writes the column Reward, Single.</summary>
    /// <remarks>It is ML.NET's CustomMapping without a contract name: it trains and evaluates, but a chain with it cannot be saved. Give CustomMapping a
    /// contract name and a factory for that.</remarks>
    /// <typeparam name="TRow">The columns that are read, as properties with setters.</typeparam>
    /// <param name="score">The reward of a row; null = no value.</param>
    /// <example>
    /// <code>
    /// var polite = Reward.From&lt;Answer&gt;(row => row.Response.Contains("please") ? 1f : 0f);
    /// </code>
    /// </example>
    public static IEstimator<ITransformer> From<TRow>(Func<TRow, float?> score)
        where TRow : class, new() =>
        new MLContext().Transforms.CustomMapping<TRow, Score>((row, result) => result.Reward = score(row) ?? float.NaN, contractName: null);

    private sealed class Score
    {
        public float Reward { get; set; }
    }
}
