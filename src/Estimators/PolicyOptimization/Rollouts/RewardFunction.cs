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
    private readonly WeightedColumns _columns;
    private readonly Func<DataViewSchema, string, string?> _findColumnType;
    private readonly Func<IDataView, ITransformer> _fit;
    private ITransformer? _reward;
    private bool _hasScored;

    private RewardFunction(
        WeightedColumns columns, Func<DataViewSchema, string, string?> findColumnType, Func<IDataView, ITransformer> fit, ITransformer? reward) =>
        (_columns, _findColumnType, _fit, _reward) = (columns, findColumnType, fit, reward);

    /// <summary>The other columns of one number that the chain writes, such as the rewards that a weighted one is made of; known after the first
    /// evaluation.</summary>
    public IReadOnlyList<string> PartNames { get; private set; } = [];

    /// <summary>Whether it has to be fitted on responses before it can score any.</summary>
    public bool NeedsFit => _reward is null;

    /// <summary>A reward that is fitted on the responses of the first step.</summary>
    public static RewardFunction From(IEstimator<ITransformer> estimator, WeightedColumns columns) => new(columns, (schema, column) =>
    {
        // A shape does not tell a column that is written from one that passes through: what the rows have under that name is left out.
        SchemaShape.Column[] found = [.. estimator
            .GetOutputSchema(new SchemaShape(MLNetInternals.CreateShape(schema).Where(other => other.Name != column)))
            .Where(other => other.Name == column)];
        return found.Length == 0 ? null
            : found[^1].Kind == SchemaShape.Column.VectorKind.Scalar ? $"{found[^1].ItemType}"
            : $"{found[^1].Kind} of {found[^1].ItemType}";
    }, estimator.Fit, reward: null);

    /// <summary>A reward that was fitted before.</summary>
    public static RewardFunction From(ITransformer transformer, WeightedColumns columns) => new(columns, (schema, column) =>
    {
        // As above: a chain may leave out columns of the rows, so that places do not tell either.
        var others = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column other in schema.Where(other => other.Name != column)) others.AddColumn(other.Name, other.Type, other.Annotations);
        return FittedReward.OutputSchema(transformer, others.ToSchema()).GetColumnOrNull(column)?.Type.ToString();
    }, _ => transformer, transformer);

    /// <summary>Checks, before anything is sampled, that the reward finds its columns and writes its own; a column of that name that the rows have already is
    /// not the reward's.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="schema">The columns of responses.</param>
    /// <exception cref="ArgumentException">It does not; the message names the column.</exception>
    public void Check(IExceptionContext context, DataViewSchema schema)
    {
        foreach (string column in _columns.Names)
        {
            string? type = _findColumnType(schema, column);
            if (type is null)
                throw context.Process(new ArgumentOutOfRangeException(
                    nameof(schema),
                    $"The reward writes no column '{column}'. Let it write one, or name what it writes with RewardColumnName (several: RewardColumnNames)."));
            if (type != NumberDataViewType.Single.ToString())
                throw context.Process(new ArgumentOutOfRangeException(
                    nameof(schema),
                    $"Schema mismatch for reward column '{column}': expected {NumberDataViewType.Single}, got {type}."));
        }
    }

    /// <summary>Fits it on responses.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="rollouts">The responses.</param>
    /// <exception cref="InvalidOperationException">That failed. Where a part learns from what parts before it write, that may be one response's fault, which
    /// ML.NET does not name.</exception>
    public void Fit(IExceptionContext context, RolloutView rollouts)
    {
        if (Try(() => _reward = _fit(rollouts)) is { } failure)
            throw context.Process(new InvalidOperationException(
                $"The reward could not be fitted on the responses of the first step: {failure.Message.TrimEnd('.')}. MissingReward looks at rewards of responses, not at this.",
                failure));
    }

    /// <summary>The reward of each response; NaN where there is none and that is allowed.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="rollouts">The responses.</param>
    /// <param name="missing">What happens where a reward is not finite, or fails.</param>
    /// <param name="warn">Told once why rewards failed that are left out (NaN may be meant to say that there is none), and the first time where one reward
    /// hides another.</param>
    /// <param name="cancellation">Looked at before each response; null = it is not cancelled.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="InvalidOperationException">The reward throws or is not finite and that is not allowed, or it drops rows; the message names the
    /// row.</exception>
    public RewardScore[] Evaluate(
        IExceptionContext context, RolloutView rollouts, MissingReward missing, Action<string> warn, RunCancellation? cancellation = null)
    {
        bool stop = missing == MissingReward.Stop;
        (RewardScore[] scores, Exception?[] failures) = Score(context, rollouts, stop, cancellation);
        if (!_hasScored) WarnOfHidden(rollouts.Schema, warn);
        _hasScored = true;
        ScoreAgain(context, rollouts, scores, failures, stop, cancellation);
        (string First, int Count)? left = null;
        for (int row = 0; row < scores.Length; row++)
        {
            if (failures[row] is { } failure)
            {
                LeaveOut(What(failure));
                scores[row] = scores[row].WithoutReward();
            }
            else if (!double.IsFinite(scores[row].Reward))
            {
                string found = _columns.Describe(scores[row].Values);
                if (stop)
                    throw context.Process(new InvalidOperationException(FormattableString.Invariant(
                        $"The reward of {rollouts.Describe(row)} is {found}, expected a finite number. Set MissingReward to LeaveOut if that means that there is none.")));
                if (double.IsInfinity(scores[row].Reward)) LeaveOut($"it is {found}.");
                scores[row] = scores[row].WithoutReward();
            }

            void LeaveOut(string why) => left = (left?.First ?? $"{rollouts.Describe(row)}: {why}", (left?.Count ?? 0) + 1);
        }
        if (left is { } some)
            warn(string.Create(
                CultureInfo.InvariantCulture,
                $"The reward failed on {some.Count} of {scores.Length} responses, which are left out; first on {some.First}"));
        return scores;
    }

    /// <summary>Reads what the chain writes, and what fails of it.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="rollouts">The responses.</param>
    /// <param name="stop">Whether nothing more is read after a failure: what is left failed, too.</param>
    /// <param name="cancellation">Looked at before each response.</param>
    /// <returns>What was read, NaN where that failed; what failed, null = nothing.</returns>
    private (RewardScore[] Scores, Exception?[] Failures) Score(
        IExceptionContext context, RolloutView rollouts, bool stop, RunCancellation? cancellation)
    {
        IDataView scored = _reward!.Transform(rollouts);
        DataViewSchema.Column[] columns = [.. _columns.Names.Select(name => scored.Schema[name])];
        DataViewSchema.Column[] parts = [.. scored.Schema.Where(other =>
            !other.IsHidden
            && !_columns.Names.Contains(other.Name)
            && other.Type == NumberDataViewType.Single
            && rollouts.Schema.GetColumnOrNull(other.Name) is null)];
        PartNames = [.. parts.Select(part => part.Name)];
        // A set of one: a plain cursor of ML.NET's mappers runs rows on pool threads, which costs more than most rewards and hides which row failed.
        using DataViewRowCursor cursor = scored.GetRowCursorSet([.. columns, .. parts], 1).Single();
        ValueGetter<float>[] getters = [.. columns.Select(cursor.GetGetter<float>)];
        ValueGetter<float>[] partGetters = [.. parts.Select(cursor.GetGetter<float>)];
        var scores = new RewardScore[rollouts.Count];
        var failures = new Exception?[rollouts.Count];
        Array.Fill(scores, new RewardScore(double.NaN, [.. columns.Select(_ => double.NaN)], [.. PartNames.Select(_ => double.NaN)]));
        for (int row = 0; row < scores.Length; row++)
        {
            cancellation?.ThrowIfRequested();
            bool moved = false;
            Exception? end = Try(() => moved = cursor.MoveNext());
            if (end is null)
            {
                if (!moved)
                    throw context.Process(new InvalidOperationException(
                        $"The reward failed on {rollouts.Describe(row)}: it dropped the row; a reward must keep every row, in order."));
                double[] values = new double[getters.Length];
                for (int i = 0; i < getters.Length && failures[row] is null; i++)
                {
                    failures[row] = TryRead(getters[i], out float value);
                    values[i] = value;
                }
                // Parts are only measured: where one fails, so does the reward that is made of it, and what comes before it is read when the row is read alone.
                if (failures[row] is null || rollouts.Count == 1)
                    scores[row] = new RewardScore(
                        failures[row] is null ? _columns.Total(values) : double.NaN,
                        values,
                        [.. partGetters.Select(part => TryRead(part, out float value) is null && float.IsFinite(value) ? value : double.NaN)]);
                if (stop) end = failures[row];
            }
            if (end is null) continue;
            Array.Fill(failures, end, row, failures.Length - row);
            return (scores, failures);
        }
        if (cursor.MoveNext())
            throw context.Process(new InvalidOperationException(
                $"The reward wrote more rows than the {scores.Length} responses that it was given; a reward must keep every row, in order."));
        return (scores, failures);
    }

    /// <summary>Scores each response that failed again, alone: a component that computes several at once, such as a model that judges, fails for all of them
    /// where one is at fault. Those that are not are then scored together, as they would have been without it.</summary>
    /// <exception cref="InvalidOperationException">One failed, and training is to stop; the message names it.</exception>
    private void ScoreAgain(
        IExceptionContext context, RolloutView rollouts, RewardScore[] scores, Exception?[] failures, bool stop, RunCancellation? cancellation)
    {
        int[] failed = [.. Enumerable.Range(0, failures.Length).Where(row => failures[row] is not null)];
        foreach (int row in failed)
        {
            (RewardScore[] alone, Exception?[] failure) = Score(context, rollouts.Only([row]), stop, cancellation);
            (scores[row], failures[row]) = (alone[0], failure[0]);
            if (stop && failure[0] is { } cause)
                throw context.Process(new InvalidOperationException(
                    $"The reward failed on {rollouts.Describe(row)}: {What(cause)} Set MissingReward to LeaveOut to go on without such responses.", cause));
        }
        int[] rest = [.. failed.Where(row => failures[row] is null)];
        if (rest.Length < 2) return;
        (RewardScore[] together, Exception?[] causes) = Score(context, rollouts.Only(rest), stop: false, cancellation);
        // What fails together for no fault of a response keeps what it was given alone.
        foreach ((int i, int row) in rest.Index()) if (causes[i] is null) scores[row] = together[i];
    }

    /// <summary>Of rewards that write one column ML.NET shows the last; that the others count for nothing, nothing else would say.</summary>
    private void WarnOfHidden(DataViewSchema rollouts, Action<string> warn)
    {
        DataViewSchema scored = _reward!.GetOutputSchema(rollouts);
        foreach (string name in _columns.Names)
        {
            int written = Count(scored) - Count(rollouts);
            if (written > 1)
                warn(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The reward writes column '{name}' {written} times, and the last counts. If it does not read the others, add them with WeightedReward, or let each write a column of its own."));

            int Count(DataViewSchema schema) => schema.Count(column => column.Name == name);
        }
    }

    // It was scored alone, as row 0.
    private static string What(Exception failure) => $"{RowError.Cause(failure).TrimEnd('.')}.";

    /// <summary>Reads a value; NaN where that fails.</summary>
    /// <returns>What failed; null = nothing.</returns>
    private static Exception? TryRead(ValueGetter<float> read, out float value)
    {
        float result = float.NaN;
        Exception? failure = Try(() => read(ref result));
        value = failure is null ? result : float.NaN;
        return failure;
    }

    /// <summary>Does work of the reward.</summary>
    /// <returns>What failed; null = nothing.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <remarks>Where memory ran out, which says nothing of the response, that error goes on.</remarks>
    private static Exception? Try(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception exception)
        {
            Exception cause = exception is AggregateException { InnerException: { } inner } ? inner : exception;
            if (MemoryAdvice.IsOutOfMemory(cause)) ExceptionDispatchInfo.Throw(cause);
            // HttpClient says by a cancellation, too, that its own time was over.
            if (cause is OperationCanceledException && cause.InnerException is not TimeoutException)
                throw new OperationCanceledException(cause.Message, exception);
            return exception;
        }
    }
}

/// <summary>What a reward says of a response.</summary>
/// <param name="Reward">The weighted sum of <paramref name="Values"/>; NaN = nothing.</param>
/// <param name="Values">The value of each of the columns that rewards are in; NaN = nothing.</param>
/// <param name="Parts">The values of <see cref="RewardFunction.PartNames"/>.</param>
internal readonly record struct RewardScore(double Reward, double[] Values, double[] Parts)
{
    /// <summary>The same of a response that is left out.</summary>
    public RewardScore WithoutReward() => this with { Reward = double.NaN, Values = [.. Values.Select(_ => double.NaN)] };
}
