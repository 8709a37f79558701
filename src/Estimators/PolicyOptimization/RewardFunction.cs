using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Runs the reward, an ML.NET chain, over responses.</summary>
internal sealed class RewardFunction
{
    private readonly Func<DataViewSchema, string?> _findColumnType;
    private readonly Func<IDataView, ITransformer> _fit;
    private ITransformer? _reward;

    private RewardFunction(string column, Func<DataViewSchema, string?> findColumnType, Func<IDataView, ITransformer> fit) =>
        (ColumnName, _findColumnType, _fit) = (column, findColumnType, fit);

    /// <summary>The column that it writes.</summary>
    public string ColumnName { get; }

    /// <summary>A reward that is fitted on the responses of the first step.</summary>
    public static RewardFunction From(IEstimator<ITransformer> estimator, string column) => new(column, schema =>
    {
        SchemaShape.Column[] found = [.. estimator.GetOutputSchema(MLNetInternals.CreateShape(schema)).Where(other => other.Name == column)];
        return found.Length == 0 ? null : found[^1].Kind == SchemaShape.Column.VectorKind.Scalar ? $"{found[^1].ItemType}" : $"{found[^1].Kind} of {found[^1].ItemType}";
    }, estimator.Fit);

    /// <summary>A reward that was fitted before.</summary>
    public static RewardFunction From(ITransformer transformer, string column) => new(column, schema =>
        transformer.GetOutputSchema(schema).GetColumnOrNull(column)?.Type.ToString(), _ => transformer);

    /// <summary>Checks, before anything is sampled, that the reward finds its columns and writes its own.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="schema">The columns of responses.</param>
    /// <exception cref="ArgumentException">It does not; the message names the column.</exception>
    public void Check(IExceptionContext context, DataViewSchema schema)
    {
        string? type = _findColumnType(schema);
        if (type is null)
            throw context.Process(new ArgumentOutOfRangeException(nameof(schema), $"The reward writes no column '{ColumnName}'. Let it write one, or name the one it writes with RewardColumnName."));
        if (type != NumberDataViewType.Single.ToString())
            throw context.Process(new ArgumentOutOfRangeException(nameof(schema), $"Schema mismatch for reward column '{ColumnName}': expected {NumberDataViewType.Single}, got {type}."));
    }

    /// <summary>The reward of each response; NaN where there is none and that is allowed.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="rollouts">The responses.</param>
    /// <param name="missing">What NaN means.</param>
    /// <exception cref="InvalidOperationException">The reward throws, gives NaN or an infinity, or drops rows; the message names the row.</exception>
    public double[] Evaluate(IExceptionContext context, RolloutView rollouts, MissingReward missing)
    {
        IDataView scored = (_reward ??= _fit(rollouts)).Transform(rollouts);
        DataViewSchema.Column column = scored.Schema[ColumnName];
        double[] rewards = new double[rollouts.Count];
        // A set of one: a plain cursor of ML.NET's mappers runs rows on pool threads, which costs more than most rewards and hides which row failed.
        using DataViewRowCursor cursor = scored.GetRowCursorSet([column], 1).Single();
        ValueGetter<float> getter = cursor.GetGetter<float>(column);
        for (int row = 0; row < rewards.Length; row++)
        {
            float reward = 0;
            try
            {
                if (!cursor.MoveNext()) throw new InvalidOperationException("it dropped the row; a reward must keep every row, in order.");
                getter(ref reward);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                throw context.Process(new InvalidOperationException($"The reward failed on {rollouts.Describe(row)}: {exception.Message}", exception));
            }
            if (float.IsInfinity(reward) || (float.IsNaN(reward) && missing == MissingReward.Stop))
                throw context.Process(new InvalidOperationException($"The reward of {rollouts.Describe(row)} is {reward}, expected a finite number. Set MissingReward to LeaveOut if NaN means that there is none."));
            rewards[row] = reward;
        }
        return rewards;
    }
}
