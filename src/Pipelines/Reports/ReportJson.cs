using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>A report's data as its page reads it: names as in annotated rows, null for what is undefined, and nothing for what is not known.</summary>
internal static class ReportJson
{
    private const int TitleLength = 90;

    /// <summary>What is there before a trace is chosen.</summary>
    public static void Report(Utf8JsonWriter json, RhythmReport report)
    {
        json.WriteStartObject();
        json.WriteString("title", report.Title);
        Array(json, "notes", report.Notes, note => Strings(json, [note.Name, note.Value]));
        Array(json, "traces", Groups(report.Traces), group =>
        {
            json.WriteStartObject();
            json.WriteString("title", group[0].Trace.Title ?? Beginning(group[0].Trace));
            if (Summary(group.Select(member => member.Trace.Outcome)) is { Length: > 0 } summary) json.WriteString("summary", summary);
            Array(json, "variants", group, member =>
            {
                json.WriteStartObject();
                json.WriteNumber("id", member.Index);
                if (member.Trace.Variant is { } variant) json.WriteString("name", variant);
                json.WriteEndObject();
            });
            json.WriteEndObject();
        });
        Array(json, "tables", report.Tables, table =>
        {
            json.WriteStartObject();
            json.WriteString("title", table.Title);
            if (table.Note is { } note) json.WriteString("note", note);
            json.WritePropertyName("columns");
            Strings(json, table.Columns);
            Array(json, "rows", table.Rows, row => Strings(json, row));
            json.WriteEndObject();
        });
        Array(json, "training", report.Curves, curve =>
        {
            json.WriteStartObject();
            json.WriteString("metric", curve.Metric);
            json.WriteString("name", curve.Name);
            Array(json, "steps", curve.Steps, step => Number(json, step));
            Array(json, "values", curve.Values, value => Number(json, value));
            json.WriteEndObject();
        });
        json.WriteNumber("floor", StoredMap.Floor);
        json.WriteNumber("levels", StoredMap.Levels);
        json.WriteEndObject();
    }

    /// <summary>What is read when a trace is chosen.</summary>
    public static void Trace(Utf8JsonWriter json, ReportTrace trace)
    {
        json.WriteStartObject();
        if (trace.Outcome is { } outcome) Outcome(json, outcome);
        if (trace.PromptLength is { } length) json.WriteNumber("prompt_length", length);
        Array(json, "prompt", trace.PromptTokens, json.WriteStringValue);
        Array(json, "response", trace.ResponseTokens, json.WriteStringValue);
        if (trace.TokenIds is { } ids) Array(json, "ids", ids, json.WriteNumberValue);
        json.WriteStartObject("series");
        foreach ((string name, IReadOnlyList<float> values) in trace.Series()) Array(json, name, values, value => Number(json, value));
        json.WriteEndObject();
        json.WriteStartObject("peaks");
        foreach ((string name, IReadOnlyList<float> values) in trace.Series().Where(series => series.Name is "waad" or "fai" or "receiver_fai" or "entropy"))
            Array(json, name, RhythmPeaks.Find([.. values]), json.WriteNumberValue);
        json.WriteEndObject();
        if (trace.Roles is { } roles) Array(json, "roles", roles, role => json.WriteNumberValue((int)role));
        if (trace.Spans is { } spans)
        {
            json.WriteStartObject("spans");
            Array(json, "layers", spans.Layers, json.WriteNumberValue);
            Array(json, "values", spans.Spans, layer => Values(json, layer));
            json.WriteEndObject();
        }
        if (trace.Groups is { } groups)
        {
            json.WriteStartObject("groups");
            Heads(json, "local", groups.Local);
            Heads(json, "global", groups.Global);
            if (groups.Receivers is { } receivers) Heads(json, "receivers", receivers);
            json.WriteEndObject();
        }
        Array(json, "maps", trace.Maps, map =>
        {
            json.WriteStartObject();
            json.WriteString("name", map.Name);
            Heads(json, "heads", map.Heads);
            json.WriteEndObject();
        });
        json.WriteEndObject();
    }

    private static void Outcome(Utf8JsonWriter json, ReportOutcome outcome)
    {
        json.WriteStartObject("outcome");
        if (outcome.Step is { } step) json.WriteNumber("step", step);
        foreach ((string name, float? value) in new[] { ("reward", outcome.Reward), ("advantage", outcome.Advantage) })
            if (value is { } number && float.IsFinite(number)) json.WriteNumber(name, number);
        if (outcome.FinishReason is { } reason) json.WriteString("finish_reason", FinishReasonName.Of(reason));
        json.WriteEndObject();
    }

    /// <summary>By what one tells responses to one prompt apart before they are shown: their step, and the reward of each variant.</summary>
    private static string Summary(IEnumerable<ReportOutcome?> outcomes)
    {
        int[] steps = [.. outcomes.Select(outcome => outcome?.Step).OfType<int>().Distinct()];
        string[] rewards =
        [
            .. outcomes
                .Select(outcome => outcome?.Reward)
                .OfType<float>()
                .Where(float.IsFinite)
                .Select(reward => reward.ToString("0.###", CultureInfo.InvariantCulture)),
        ];
        return string.Join(", ", new[]
        {
            steps.Length == 1 ? string.Create(CultureInfo.InvariantCulture, $"step {steps[0]}") : null,
            rewards.Length > 0 ? $"reward {string.Join(" → ", rewards)}" : null,
        }.OfType<string>());
    }

    /// <summary>Traces with variants of one prompt belong together; a variant that comes again begins the next group.</summary>
    private static List<List<(int Index, ReportTrace Trace)>> Groups(IReadOnlyList<ReportTrace> traces)
    {
        List<List<(int Index, ReportTrace Trace)>> groups = [];
        var open = new Dictionary<string, List<List<(int Index, ReportTrace Trace)>>>(StringComparer.Ordinal);
        for (int i = 0; i < traces.Count; i++)
        {
            ReportTrace trace = traces[i];
            if (trace.Variant is null || trace.PromptKey is not { } key)
            {
                groups.Add([(i, trace)]);
                continue;
            }
            List<List<(int Index, ReportTrace Trace)>> ofPrompt =
                CollectionsMarshal.GetValueRefOrAddDefault(open, key, out _) ??= [];
            if (ofPrompt.Find(group => group.TrueForAll(member => member.Trace.Variant != trace.Variant)) is { } group)
            {
                group.Add((i, trace));
                continue;
            }
            groups.Add([(i, trace)]);
            ofPrompt.Add(groups[^1]);
        }
        return groups;
    }

    private static string Beginning(ReportTrace trace)
    {
        string text = string.Join(' ', (trace.PromptTokens.Count > 0 ? trace.Prompt : string.Concat(trace.ResponseTokens))
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= TitleLength ? text : $"{text[..TitleLength]}…";
    }

    private static void Heads(Utf8JsonWriter json, string name, IReadOnlyList<HeadIndex> heads) => Array(json, name, heads, head =>
    {
        json.WriteStartArray();
        json.WriteNumberValue(head.Layer);
        json.WriteNumberValue(head.Head);
        json.WriteEndArray();
    });

    private static void Array<T>(Utf8JsonWriter json, string name, IReadOnlyList<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items) write(item);
        json.WriteEndArray();
    }

    private static void Strings(Utf8JsonWriter json, IReadOnlyList<string> values)
    {
        json.WriteStartArray();
        foreach (string value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    private static void Values(Utf8JsonWriter json, IReadOnlyList<double> values)
    {
        json.WriteStartArray();
        foreach (double value in values) Number(json, value);
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }

    private static void Number(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }
}
