using Microsoft.ML;
using MLNetAttn.Estimators;

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
    /// <exception cref="ArgumentException">It writes no column Reward, or it writes that twice.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        SchemaShape output = reward.GetOutputSchema(inputSchema);
        if (!output.Any(column => column.Name == RewardColumn))
            throw new ArgumentOutOfRangeException(
                nameof(inputSchema),
                $"The reward '{name}' of WeightedReward writes no column '{RewardColumn}'. Let it write one: where it has an output column's name, leave that at its default.");
        return HiddenReward.IsIn(reward, inputSchema, RewardColumn)
            ? throw new ArgumentException($"WeightedReward, '{name}': {HiddenReward.Message(RewardColumn)}")
            : output;
    }
}
