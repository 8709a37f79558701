using System.Globalization;
using System.Runtime.ExceptionServices;
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

    private RewardFunction(string column, Func<DataViewSchema, string?> findColumnType, Func<IDataView, ITransformer> fit, ITransformer? reward) =>
        (ColumnName, _findColumnType, _fit, _reward) = (column, findColumnType, fit, reward);

    /// <summary>The column that it writes.</summary>
    public string ColumnName { get; }

    /// <summary>The other columns of one number that the chain writes, such as the rewards that a weighted one is made of; known after the first evaluation.</summary>
    public IReadOnlyList<string> PartNames { get; private set; } = [];

    /// <summary>Whether it has to be fitted on responses before it can score any.</summary>
    public bool NeedsFit => _reward is null;

    /// <summary>A reward that is fitted on the responses of the first step.</summary>
    public static RewardFunction From(IEstimator<ITransformer> estimator, string column) => new(column, schema =>
    {
        // A shape does not tell a column that is written from one that passes through: what the rows have under that name is left out.
        SchemaShape.Column[] found = [.. estimator.GetOutputSchema(new SchemaShape(MLNetInternals.CreateShape(schema).Where(other => other.Name != column))).Where(other => other.Name == column)];
        return found.Length == 0 ? null : found[^1].Kind == SchemaShape.Column.VectorKind.Scalar ? $"{found[^1].ItemType}" : $"{found[^1].Kind} of {found[^1].ItemType}";
    }, estimator.Fit, reward: null);

    /// <summary>A reward that was fitted before.</summary>
    public static RewardFunction From(ITransformer transformer, string column) => new(column, schema =>
    {
        // As above: a chain may leave out columns of the rows, so that places do not tell either.
        var others = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column other in schema.Where(other => other.Name != column)) others.AddColumn(other.Name, other.Type, other.Annotations);
        return transformer.GetOutputSchema(others.ToSchema()).GetColumnOrNull(column)?.Type.ToString();
    }, _ => transformer, transformer);

    /// <summary>Checks, before anything is sampled, that the reward finds its columns and writes its own; a column of that name that the rows have already is not the reward's.</summary>
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

    /// <summary>Fits it on responses.</summary>
    public void Fit(RolloutView rollouts) => _reward = _fit(rollouts);

    /// <summary>The reward of each response; NaN where there is none and that is allowed.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="rollouts">The responses.</param>
    /// <param name="missing">What happens where a reward is not finite, or fails.</param>
    /// <param name="warn">Told once why rewards failed that are left out; NaN may be meant to say that there is none.</param>
    /// <exception cref="InvalidOperationException">The reward throws or is not finite and that is not allowed, or it drops rows; the message names the row.</exception>
    public RewardScore[] Evaluate(IExceptionContext context, RolloutView rollouts, MissingReward missing, Action<string> warn)
    {
        IDataView scored = _reward!.Transform(rollouts);
        DataViewSchema.Column column = scored.Schema[ColumnName];
        DataViewSchema.Column[] parts = [.. scored.Schema.Where(other => !other.IsHidden && other.Name != ColumnName && other.Type == NumberDataViewType.Single && rollouts.Schema.GetColumnOrNull(other.Name) is null)];
        PartNames = [.. parts.Select(part => part.Name)];
        RewardScore[] scores = new RewardScore[rollouts.Count];
        // A set of one: a plain cursor of ML.NET's mappers runs rows on pool threads, which costs more than most rewards and hides which row failed.
        using DataViewRowCursor cursor = scored.GetRowCursorSet([column, .. parts], 1).Single();
        ValueGetter<float> getter = cursor.GetGetter<float>(column);
        ValueGetter<float>[] partGetters = [.. parts.Select(cursor.GetGetter<float>)];
        (string Message, int Count)? failed = null;
        for (int row = 0; row < scores.Length; row++)
        {
            if (!cursor.MoveNext()) throw context.Process(new InvalidOperationException($"The reward failed on {rollouts.Describe(row)}: it dropped the row; a reward must keep every row, in order."));
            scores[row] = new RewardScore(Read(row), [.. partGetters.Select(Part)]);
        }
        if (failed is { } left) warn(string.Create(CultureInfo.InvariantCulture, $"The reward failed on {left.Count} of {scores.Length} responses, which are left out; first on {left.Message}"));
        if (cursor.MoveNext()) throw context.Process(new InvalidOperationException($"The reward wrote more rows than the {scores.Length} responses that it was given; a reward must keep every row, in order."));
        return scores;

        double Read(int row)
        {
            if (TryRead(getter, out float reward) is { } failure)
            {
                string what = $"{rollouts.Describe(row)}: {failure.Message.TrimEnd('.')}.";
                if (missing == MissingReward.Stop) throw context.Process(new InvalidOperationException($"The reward failed on {what} Set MissingReward to LeaveOut to go on without such responses.", failure));
                LeaveOut(what);
            }
            else if (!float.IsFinite(reward) && missing == MissingReward.Stop)
            {
                throw context.Process(new InvalidOperationException(FormattableString.Invariant($"The reward of {rollouts.Describe(row)} is {reward}, expected a finite number. Set MissingReward to LeaveOut if that means that there is none.")));
            }
            else if (float.IsInfinity(reward))
            {
                LeaveOut(FormattableString.Invariant($"{rollouts.Describe(row)}: it is {reward}."));
            }
            return float.IsFinite(reward) ? reward : double.NaN;
        }

        void LeaveOut(string what) => failed = (failed?.Message ?? what, (failed?.Count ?? 0) + 1);

        // Parts are only measured: where one fails, so does the reward that is made of it.
        static double Part(ValueGetter<float> read) => TryRead(read, out float value) is null && float.IsFinite(value) ? value : double.NaN;
    }

    /// <summary>Reads a value; NaN where that fails.</summary>
    /// <returns>What failed; null = nothing.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <remarks>Where memory ran out, which says nothing of the response, that error goes on.</remarks>
    private static Exception? TryRead(ValueGetter<float> read, out float value)
    {
        value = float.NaN;
        try
        {
            read(ref value);
            return null;
        }
        catch (Exception exception)
        {
            Exception cause = exception is AggregateException { InnerException: { } inner } ? inner : exception;
            if (MemoryAdvice.IsOutOfMemory(cause)) ExceptionDispatchInfo.Throw(cause);
            // HttpClient says by a cancellation, too, that its own time was over.
            if (cause is OperationCanceledException && cause.InnerException is not TimeoutException) throw new OperationCanceledException(cause.Message, exception);
            value = float.NaN;
            return exception;
        }
    }
}

/// <summary>What a reward says of a response.</summary>
/// <param name="Reward">NaN = nothing.</param>
/// <param name="Parts">The values of <see cref="RewardFunction.PartNames"/>.</param>
internal readonly record struct RewardScore(double Reward, double[] Parts);
