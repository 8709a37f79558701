using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Responses and rewards that were recorded before; a pass over all groups visits them in an order of its own.</summary>
internal sealed class RecordedRolloutSource : IRolloutSource
{
    private readonly IReadOnlyList<Row[]> _groups;
    private readonly PolicyOptimizationOptions _options;

    private RecordedRolloutSource(IReadOnlyList<Row[]> groups, PolicyOptimizationOptions options) => (_groups, _options) = (groups, options);

    /// <summary>Tells these rows from others.</summary>
    public string Fingerprint() => DataFingerprint.Of(_groups.SelectMany(group => group), (row, hash) =>
    {
        hash.Add(row.Sequence);
        hash.Add([.. row.Rewards.Select(reward => (float)reward), .. row.LogProbabilities ?? []]);
    });

    /// <summary>Reads and checks all rows.</summary>
    /// <exception cref="ArgumentException">There are no rows, a column is missing or of another type, or a row or group does not fit; the message names
    /// it.</exception>
    /// <exception cref="InvalidOperationException">A reward is not finite and that is not allowed, a group is a missing key, or text meets a model without
    /// tokenizer.</exception>
    public static RecordedRolloutSource Read(
        IHost context, IDataView data, CausalLanguageModel model, RecordedRollouts columns, PolicyOptimizationOptions options, DateTimeOffset started)
    {
        PromptReader prompts = options.Prompts.At(started);
        DataViewSchema.Column prompt = prompts.Input.Find(context, data.Schema),
            response = TokenIds.Resolve(
                context, model, data.Schema, InputColumn.TextOrTokenIds(columns.ResponseColumnName).Find(context, data.Schema));
        WeightedColumns columnsOfRewards = options.Rewards;
        DataViewSchema.Column[] rewards =
            [.. columnsOfRewards.Names.Select(name => InputColumn.Scalar(name, NumberDataViewType.Single).Find(context, data.Schema))];
        DataViewSchema.Column? logs = columns.LogProbabilitiesColumnName is { } name
            ? InputColumn.Vector(name, NumberDataViewType.Single).Find(context, data.Schema)
            : null;
        DataViewSchema.Column group = GroupColumn.Input(columns.GroupColumnName).Find(context, data.Schema);
        prompts.Require(context, model, isText: prompt.Type is TextDataViewType);
        TokenIds.RequireTokenizer(context, model, response.Name, isText: response.Type is TextDataViewType);
        PromptSet.RequireOneVocabulary(context, model);

        var notes = new TextNotes(context, model);
        var groups = new Dictionary<string, List<Row>>();
        using DataViewRowCursor cursor = data.GetRowCursor(
            [prompt, response, group, .. rewards, .. logs is { } extra ? [extra] : Array.Empty<DataViewSchema.Column>()]);
        Func<int[]> readPrompt = prompts.Open(cursor, prompt, model, notes: notes),
            readResponse = TokenIds.Reader(cursor, response, model, addSpecialTokens: false, notes: notes);
        Func<float>[] readRewards = [.. rewards.Select(cursor.Scalar<float>)];
        Func<float[]>? readLogs = logs is { } found ? cursor.Vector<float>(found) : null;
        Func<string> readGroup = GroupColumn.Open(cursor, group);
        for (int row = 0; cursor.MoveNext(); row++)
        {
            var sequence = new TokenSequence(readPrompt(), readResponse());
            double[] values = [.. readRewards.Select(value => (double)value())];
            float[]? log = readLogs?.Invoke();
            Check(context, model, row, sequence, log, options);
            if (!double.IsFinite(columnsOfRewards.Total(values)))
            {
                if (options.MissingReward == MissingReward.Stop)
                    throw context.Process(new InvalidOperationException(
                        $"Row {row}: the reward is {columnsOfRewards.Describe(values)}, expected a finite number. Set MissingReward to LeaveOut if that means that there is none."));
                Array.Fill(values, double.NaN);
            }
            var read = new Row(row, sequence, values, log, options.EndOf(model, sequence.ResponseIds));
            string key = readGroup();
            if (!groups.TryGetValue(key, out List<Row>? members)) groups.Add(key, members = []);
            members.Add(read);
        }
        if (groups.Count == 0) throw context.Process(new ArgumentException("The data has no rows, expected recorded responses.", nameof(data)));
        if (groups.Count < options.PromptsPerStep)
            throw context.Process(new ArgumentException(
                $"The data has {groups.Count} groups, fewer than PromptsPerStep ({options.PromptsPerStep}): a step would learn from some of them twice. Lower PromptsPerStep, or give more groups.",
                nameof(data)));
        foreach ((string key, List<Row> members) in groups)
        {
            if (members.Count != options.Generations)
                throw context.Process(new ArgumentException(
                    $"Group '{key}' (first in row {members[0].Number}) has {members.Count} rows, expected Generations ({options.Generations}) in every group.",
                    nameof(data)));
            if (members.Find(row => !row.Sequence.PromptIds.SequenceEqual(members[0].Sequence.PromptIds)) is { } other)
                throw context.Process(new ArgumentException(
                    $"Group '{key}': row {other.Number} has another prompt than row {members[0].Number}; a group's responses answer one prompt.",
                    nameof(data)));
        }
        notes.WarnOfUnknown(groups.Values.Sum(members => members.Count), "rows");
        return new RecordedRolloutSource([.. groups.Values.Select(members => members.ToArray())], options);
    }

    /// <inheritdoc/>
    public void Restore(PolicyOptimizationState state)
    {
        // Rewards came with the responses.
    }

    /// <inheritdoc/>
    public PolicyOptimizationState Prepare(PolicyOptimizationState state) => state;

    /// <inheritdoc/>
    public (RolloutBatch Batch, PolicyOptimizationState State) Next(int step, PolicyOptimizationState state, StepMetrics metrics)
    {
        Row[] rows = [.. SeededOrder.Visit(_groups.Count, state.Visited, _options.PromptsPerStep, _options.Seed).SelectMany(group => _groups[group])];
        return (new RolloutBatch(
            [.. rows.Select(row => row.Sequence)],
            [.. rows.Select(row => row.End)],
            [.. rows.Select(row => row.Rewards)],
            rows[0].LogProbabilities is null ? null : [.. rows.Select(row => row.LogProbabilities!)]), state with
            {
                Tokens = state.Tokens + rows.Sum(row => row.Sequence.Length),
                Visited = state.Visited + _options.PromptsPerStep,
            });
    }

    private static void Check(
        IExceptionContext context, CausalLanguageModel model, int row, TokenSequence sequence, float[]? logProbabilities, PolicyOptimizationOptions options)
    {
        SequenceCheck.Sequence(model.Config, sequence, row);
        int tokens = sequence.ResponseIds.Length;
        if (tokens > options.MaxNewTokens)
            throw context.Process(new ArgumentException(
                $"Row {row}: the response has {tokens} tokens, expected at most MaxNewTokens ({options.MaxNewTokens}), the limit that it was sampled with."));
        if (logProbabilities is { } logs && (logs.Length != tokens || !Array.TrueForAll(logs, float.IsFinite)))
            throw context.Process(new ArgumentException(
                $"Row {row}: {logs.Length} log-probabilities{(logs.Length == tokens ? ", some of them NaN or infinite," : "")} for a response of {tokens} tokens, expected one finite number for each."));
    }

    /// <summary>One recorded response.</summary>
    private sealed record Row(int Number, TokenSequence Sequence, double[] Rewards, float[]? LogProbabilities, FinishReason End);
}
