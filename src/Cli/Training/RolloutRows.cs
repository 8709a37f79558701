using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>Responses that were sampled elsewhere, with their rewards: what <c>generate</c> and <c>score</c> write, or an inference server.</summary>
internal static class RolloutRows
{
    private static readonly string[] OfConversations =
        ["messages", "tools", "add_generation_prompt", "continue_final_message", "chat_template_kwargs"];

    /// <summary>Reads a file of JSON lines: prompt (text, or messages), response (token ids, else text), reward, and perhaps group and log_probs.</summary>
    /// <exception cref="InvalidDataException">A line is wrong; the message names it.</exception>
    public static TrainingRows Read(MLContext context, string path, PolicyOptimizationOptions options)
    {
        Row? first = null;
        Row[] rows = [.. InputRow.Read(path, line =>
        {
            Row row = Of(line, options.PromptFormat);
            first ??= row;
            RequireSame("log_probs", row.LogProbs is not null, first.LogProbs is not null);
            RequireSame("token_ids", row.ResponseTokenIds is not null, first.ResponseTokenIds is not null);
            return row;
        })];
        var schema = SchemaDefinition.Create(typeof(Row));
        if (first is { LogProbs: null }) schema.Remove(schema[nameof(Row.LogProbs)]);
        if (first is { ResponseTokenIds: null }) schema.Remove(schema[nameof(Row.ResponseTokenIds)]);
        return new TrainingRows(context.Data.LoadFromEnumerable(rows, schema), [.. rows.Select(row => row.Title)], options.Prompts);
    }

    /// <summary>Where in the rows responses are.</summary>
    public static RecordedRollouts Columns(DataViewSchema schema) => new()
    {
        ResponseColumnName = Find(schema, nameof(Row.ResponseTokenIds)) ?? nameof(Row.Response),
        LogProbabilitiesColumnName = Find(schema, nameof(Row.LogProbs)),
    };

    private static string? Find(DataViewSchema schema, string name) => schema.GetColumnOrNull(name)?.Name;

    private static Row Of(InputRow row, PromptFormat format)
    {
        if (row.IsError) throw new RowException("an earlier command wrote an error in the place of a response: leave out all rows of its group.");
        (string prompt, string title) = Prompt(row, format);
        (string name, bool isIds) = ResponseFile.Find(row) ?? ("response", false);
        return new Row
        {
            Prompt = prompt,
            Title = title,
            ResponseTokenIds = isIds ? row.Integers(name) : null,
            Response = isIds ? "" : row.Text(name),
            // A reward that is null is none; one that is not there was forgotten.
            Reward = row.Fields.ContainsKey("reward") && !row.Has("reward") ? float.NaN : (float)row.Number("reward"),
            Group = row.Has("group") ? row.TextOrNumber("group") : prompt,
            LogProbs = row.Has("log_probs") ? [.. row.Numbers("log_probs").Select(value => (float)value)] : null,
        };
    }

    private static (string Prompt, string Title) Prompt(InputRow row, PromptFormat format)
    {
        TrainingRows.RequireText(row, format);
        if (format == PromptFormat.Text) return (row.Text("prompt"), row.Text("prompt"));
        if (row.Has("prompt")) return row.Conversation("prompt");
        // The row is what generate was given: what its template read is the prompt.
        var conversation = new JsonObject(
            row.Fields.Where(field => OfConversations.Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
        return (row with { Fields = new JsonObject { ["messages"] = conversation } }).Conversation("messages");
    }

    private static void RequireSame(string name, bool isThere, bool isExpected)
    {
        if (isThere != isExpected)
            throw new RowException(
                $"The row has {(isExpected ? "no" : "a")} '{name}', and the first has {(isExpected ? "one" : "none")}: expected it in all rows, or in none.");
    }

    /// <summary>A response that was recorded.</summary>
    private sealed class Row
    {
        public string Prompt { get; init; } = "";

        public string Response { get; init; } = "";

        [VectorType]
        public int[]? ResponseTokenIds { get; init; }

        public float Reward { get; init; }

        public string Group { get; init; } = "";

        [VectorType]
        public float[]? LogProbs { get; init; }

        [NoColumn]
        public string Title { get; init; } = "";
    }
}
