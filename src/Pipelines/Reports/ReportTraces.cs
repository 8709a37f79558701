using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Makes a report's traces: from a model, from the columns that components wrote, from annotated rows.</summary>
public static class ReportTraces
{
    /// <summary>Analyses a response. It takes three forward passes: for the metrics, for the spans of the heads, for the maps.</summary>
    /// <param name="model">The model; it need not be the one that wrote the response.</param>
    /// <param name="sequence">Prompt and response; none empty.</param>
    /// <param name="options">What the trace has; null = the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the sequence is empty, too long or holds an unknown id.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities.</exception>
    public static ReportTrace Create(CausalLanguageModel model, TokenSequence sequence, ReportTraceOptions? options = null)
    {
        options ??= new ReportTraceOptions();
        RhythmAnalysis rhythm = model.AnalyzeRhythm([sequence], options.Rhythm)[0];
        HeadGroups? groups = rhythm.Groups;
        CreditAssignment credit = RhythmCreditFunction.Assign(TokenSignals.Of(rhythm), options.Credit with { Sign = CreditSign.Both });
        (string Name, IReadOnlyList<HeadIndex> Heads)[] maps =
        [
            .. options.GroupMaps && groups is not null ? new[] { ("Local heads, mean", groups.Local), ("Global heads, mean", groups.Global) } : [],
            .. options.HeadMaps.Select(head => ($"Layer {head.Layer}, head {head.Head}", (IReadOnlyList<HeadIndex>)[head])),
        ];
        return new ReportTrace
        {
            Title = options.Title,
            Variant = options.Variant,
            Outcome = options.Outcome,
            PromptLength = sequence.PromptIds.Length,
            PromptTokens = Text(model, sequence.PromptIds),
            ResponseTokens = Text(model, sequence.ResponseIds),
            TokenIds = sequence.ResponseIds,
            Waad = rhythm.Waad,
            Fai = rhythm.Fai,
            ReceiverFai = rhythm.ReceiverFai,
            Entropy = rhythm.Entropies,
            LogProbability = rhythm.LogProbabilities,
            Credit = Array.ConvertAll(credit.Credit, value => (float)value),
            Roles = credit.Roles,
            Spans = model.MeasureHeads([sequence], new RhythmOptions { Layers = options.Rhythm.Layers })[0].Spans,
            Groups = groups is null || rhythm.Receivers is null ? groups : groups with { Receivers = rhythm.Receivers },
            Maps =
            [
                .. model.AttentionMaps(sequence, [.. maps.Select(map => map.Heads)])
                    .Select((map, i) => StoredMap.Create(maps[i].Name, map, maps[i].Heads)),
            ],
        };
    }

    /// <summary>Reads rows that <c>AttentionRhythm</c>, and perhaps <c>RhythmCredit</c>, wrote, with reward, advantage and the reason why a response ended
    /// where there are any, under their default column names; columns that are not there are left out, and so are rows whose response is empty.</summary>
    /// <param name="rows">The rows; column Tokens is needed.</param>
    /// <param name="maximumRows">How many are read, from the first; at least 1.</param>
    /// <param name="variant">Which model wrote the responses; null = the only one.</param>
    /// <exception cref="ArgumentException">There is no column of tokens, or a column is of another type than those components write.</exception>
    public static IReadOnlyList<ReportTrace> Read(IDataView rows, int maximumRows = 50, string? variant = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumRows, 1);
        string[] names =
        [
            "Prompt", "Tokens", "TokenIds",
            "Waad", "Fai", "ReceiverFai", "Entropy", "LogProbability", "Credit", "Role",
            "Reward", "Advantage", "FinishReason",
        ];
        DataViewSchema schema = rows.Schema;
        using DataViewRowCursor cursor = rows.GetRowCursor([.. names.Select(schema.GetColumnOrNull).OfType<DataViewSchema.Column>()]);
        Func<ReadOnlyMemory<char>[]> tokens = Vector<ReadOnlyMemory<char>>("Tokens", TextDataViewType.Instance)
            ?? throw new ArgumentException("There is no column 'Tokens', expected a vector of text: the output of AttentionRhythm.", nameof(rows));
        Func<string>? prompt = schema.GetColumnOrNull("Prompt") is { Type: TextDataViewType } text ? cursor.Text(text) : null;
        Func<int[]>? ids = Vector<int>("TokenIds", NumberDataViewType.Int32);
        Func<float[]>? waad = Floats("Waad"), fai = Floats("Fai"), receiverFai = Floats("ReceiverFai"),
            entropy = Floats("Entropy"), logProbability = Floats("LogProbability"), credit = Floats("Credit");
        Func<TokenRoles[]>? roles = Roles();
        Func<float>? reward = Single("Reward"), advantage = Single("Advantage");
        Func<string>? reason = schema.GetColumnOrNull("FinishReason") is { Type: TextDataViewType } name ? cursor.Text(name) : null;
        List<ReportTrace> traces = [];
        for (int row = 0; row < maximumRows && cursor.MoveNext(); row++)
        {
            string[] response = Array.ConvertAll(tokens(), token => token.ToString());
            if (response.Length == 0) continue;
            traces.Add(new ReportTrace
            {
                Variant = variant,
                Outcome = ReportOutcome.Of(step: null, reward?.Invoke(), advantage?.Invoke(), reason is null ? null : ReportOutcome.Reason(reason())),
                PromptTokens = prompt is null ? [] : [prompt()],
                ResponseTokens = response,
                TokenIds = ids?.Invoke(),
                Waad = waad?.Invoke(),
                Fai = fai?.Invoke(),
                ReceiverFai = receiverFai?.Invoke(),
                Entropy = entropy?.Invoke(),
                LogProbability = logProbability?.Invoke(),
                Credit = credit?.Invoke(),
                Roles = roles?.Invoke(),
            });
        }
        return traces;

        Func<float>? Single(string name) =>
            schema.GetColumnOrNull(name) is { } column && column.Type.Equals(NumberDataViewType.Single)
                ? cursor.Scalar<float>(column)
                : null;

        Func<float[]>? Floats(string name) => Vector<float>(name, NumberDataViewType.Single);

        Func<T[]>? Vector<T>(string name, DataViewType item) =>
            schema.GetColumnOrNull(name) is not { } column ? null
                : column.Type is VectorDataViewType vector && vector.ItemType.Equals(item) ? cursor.Vector<T>(column)
                : throw new ArgumentException(
                    $"Column '{name}' is {column.Type}, expected a vector of {item}: an output of AttentionRhythm or RhythmCredit.",
                    nameof(rows));

        Func<TokenRoles[]>? Roles()
        {
            if (schema.GetColumnOrNull("Role") is not { Type: VectorDataViewType { ItemType: KeyDataViewType } } column) return null;
            VBuffer<ReadOnlyMemory<char>> values = default;
            column.GetKeyValues(ref values);
            TokenRoles[] known = [.. values.DenseValues().Select(name => Enum.Parse<TokenRoles>(name.Span))];
            Func<uint[]> keys = cursor.Vector<uint>(column);
            return () => Array.ConvertAll(keys(), key => key == 0 ? TokenRoles.None : known[key - 1]);
        }
    }

    private static string[] Text(CausalLanguageModel model, int[] ids) => Array.ConvertAll(TokenText.Split(model, ids), token => token.ToString());
}
