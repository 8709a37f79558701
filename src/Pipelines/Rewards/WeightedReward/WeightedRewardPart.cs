using Microsoft.ML;

namespace MLNetAttn.Pipelines;

/// <summary>One of the estimators that WeightedReward adds: says which of them it is where it does not write its reward.</summary>
/// <param name="reward">The estimator.</param>
/// <param name="name">The column of its own values.</param>
internal sealed class WeightedRewardPart(IEstimator<ITransformer> reward, string name) : IEstimator<ITransformer>
{
    private const string RewardColumn = "Reward";

    /// <inheritdoc/>
    public ITransformer Fit(IDataView input) => reward.Fit(input);

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">It writes no column Reward.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        SchemaShape output = reward.GetOutputSchema(inputSchema);
        return output.Any(column => column.Name == RewardColumn)
            ? output
            : throw new ArgumentOutOfRangeException(
                nameof(inputSchema),
                $"The reward '{name}' of WeightedReward writes no column '{RewardColumn}'. Let it write one: where it has an output column's name, leave that at its default.");
    }
}
