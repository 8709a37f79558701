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
    /// <param name="cancellationToken">Ends the work between two forward passes.</param>
    /// <exception cref="ArgumentException">An option is out of range, credit is to follow flow, or the sequence is empty, too long or holds an unknown
    /// id.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ReportTrace Create(
        CausalLanguageModel model, TokenSequence sequence, ReportTraceOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ReportTraceOptions();
        if (options.Credit.Strategy == CreditStrategy.Flow)
            throw new ArgumentException(
                "Credit.Strategy is Flow, expected another: a report does not know where the answer begins and ends. Let RhythmCredit read a column of AnalyzeFlow's throughput, and give its rows to ReportTraces.Read.",
                nameof(options));
        cancellationToken.ThrowIfCancellationRequested();
        RhythmAnalysis rhythm = model.AnalyzeRhythm([sequence], options.Rhythm)[0];
        HeadGroups? groups = rhythm.Groups;
        CreditAssignment credit = RhythmCreditFunction.Assign(TokenSignals.Of(rhythm), options.Credit with { Sign = CreditSign.Both });
        (string Name, IReadOnlyList<HeadIndex> Heads)[] maps =
        [
            .. options.GroupMaps && groups is not null ? new[] { ("Local heads, mean", groups.Local), ("Global heads, mean", groups.Global) } : [],
            .. options.HeadMaps.Select(head => ($"Layer {head.Layer}, head {head.Head}", (IReadOnlyList<HeadIndex>)[head])),
        ];
        cancellationToken.ThrowIfCancellationRequested();
        HeadSpans spans = model.MeasureHeads([sequence], new RhythmOptions { Layers = options.Rhythm.Layers })[0].Spans;
        cancellationToken.ThrowIfCancellationRequested();
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
            Spans = spans,
            Groups = groups is null || rhythm.Receivers is null ? groups : groups with { Receivers = rhythm.Receivers },
            Maps =
            [
                .. model.AttentionMaps(sequence, [.. maps.Select(map => map.Heads)])
                    .Select((map, i) => StoredMap.Create(maps[i].Name, map, maps[i].Heads)),
            ],
        };
    }

    /// <summary>Reads rows that <c>AttentionRhythm</c>, and perhaps <c>RhythmCredit</c>, wrote, with reward, advantage and the reason why a response ended
    /// where there are any, under their default column names; columns that are not there are left out, and so are rows whose response is empty. Of a prompt
    /// that is token ids, the number is known and no text.</summary>
    /// <param name="rows">The rows; column Tokens is needed.</param>
    /// <param name="maximumRows">How many are read, from the first; at least 1.</param>
    /// <param name="variant">Which model wrote the responses; null = the only one.</param>
    /// <param name="cancellationToken">Ends the work between two rows.</param>
    /// <exception cref="ArgumentException">There is no column of tokens, or a column is of another type than those components write; the message names
    /// it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IReadOnlyList<ReportTrace> Read(
        IDataView rows, int maximumRows = 50, string? variant = null, CancellationToken cancellationToken = default)
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
        Func<string>? prompt = Text("Prompt", orElse: NumberDataViewType.Int32);
        Func<int[]>? promptIds = prompt is null ? Vector<int>("Prompt", NumberDataViewType.Int32) : null;
        Func<int[]>? ids = Vector<int>("TokenIds", NumberDataViewType.Int32);
        Func<float[]>? waad = Floats("Waad"), fai = Floats("Fai"), receiverFai = Floats("ReceiverFai"),
            entropy = Floats("Entropy"), logProbability = Floats("LogProbability"), credit = Floats("Credit");
        Func<TokenRoles[]>? roles = Roles();
        Func<float>? reward = Number("Reward"), advantage = Number("Advantage");
        Func<string>? reason = Text("FinishReason");
        List<ReportTrace> traces = [];
        for (int row = 0; row < maximumRows && cursor.MoveNext(); row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string[] response = Array.ConvertAll(tokens(), token => token.ToString());
            if (response.Length == 0) continue;
            int[]? ofPrompt = promptIds?.Invoke();
            traces.Add(new ReportTrace
            {
                Variant = variant,
                Outcome = ReportOutcome.Of(step: null, reward?.Invoke(), advantage?.Invoke(), reason is null ? null : ReportOutcome.Reason(reason())),
                PromptTokens = prompt is null ? [] : [prompt()],
                PromptLength = ofPrompt?.Length,
                PromptKey = ofPrompt is null ? null : string.Join(' ', ofPrompt),
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

        Func<string>? Text(string name, DataViewType? orElse = null) =>
            schema.GetColumnOrNull(name) is not { } column || orElse is not null && IsVector(column.Type, orElse) ? null
                : column.Type is TextDataViewType ? cursor.Text(column)
                : throw Wrong(column, orElse is null ? "text" : $"text or a vector of {orElse}");

        Func<float>? Number(string name)
        {
            if (schema.GetColumnOrNull(name) is not { } column) return null;
            if (!column.Type.Equals(NumberDataViewType.Single) && !column.Type.Equals(NumberDataViewType.Double)) throw Wrong(column, "Single or Double");
            Func<double> number = cursor.Number(column);
            return () => (float)number();
        }

        Func<float[]>? Floats(string name) => Vector<float>(name, NumberDataViewType.Single);

        Func<T[]>? Vector<T>(string name, DataViewType item) =>
            schema.GetColumnOrNull(name) is not { } column ? null
                : IsVector(column.Type, item) ? cursor.Vector<T>(column)
                : throw Wrong(column, $"a vector of {item}");

        Func<TokenRoles[]>? Roles()
        {
            if (schema.GetColumnOrNull("Role") is not { } column) return null;
            if (column.Type is not VectorDataViewType { ItemType: KeyDataViewType }
                || column.Annotations.Schema.GetColumnOrNull("KeyValues") is not { Type: VectorDataViewType { ItemType: TextDataViewType } })
                throw Wrong(column, "a vector of keys of roles");
            VBuffer<ReadOnlyMemory<char>> values = default;
            column.GetKeyValues(ref values);
            TokenRoles[] known = [.. values.DenseValues().Select(name => Enum.TryParse(name.Span, out TokenRoles role)
                ? role
                : throw Wrong(column, $"a vector of keys of roles, and none of '{name}'"))];
            Func<uint[]> keys = cursor.Vector<uint>(column);
            return () => Array.ConvertAll(keys(), key => key == 0 ? TokenRoles.None : known[key - 1]);
        }
    }

    private static bool IsVector(DataViewType type, DataViewType item) => type is VectorDataViewType vector && vector.ItemType.Equals(item);

    private static ArgumentException Wrong(DataViewSchema.Column column, string expected) =>
        new($"Column '{column.Name}' is {column.Type}, expected {expected}, as the components write it. Rename or drop a column of your own.");

    private static string[] Text(CausalLanguageModel model, int[] ids) => Array.ConvertAll(TokenText.Split(model, ids), token => token.ToString());
}
