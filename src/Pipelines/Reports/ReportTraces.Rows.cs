using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <content>From the columns that components wrote.</content>
public static partial class ReportTraces
{
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
}
