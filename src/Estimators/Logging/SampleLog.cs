using System.Text.Json;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Sample responses of a run in JSON lines, one object a response, under the names that <c>mlnetattn annotate</c> writes, so that <c>mlnetattn
/// report</c> shows the file.</summary>
internal sealed class SampleLog : IDisposable
{
    private readonly StepLines _lines;

    /// <param name="path">The file; its folder is made if there is none.</param>
    /// <param name="resumeAfterStep">The last step whose responses stay; what was written after it is dropped. Default -1: a new run, nothing stays.</param>
    /// <exception cref="InvalidDataException">The file holds something else, and is left as it is.</exception>
    public SampleLog(string path, int resumeAfterStep = -1) => _lines = new StepLines(path, resumeAfterStep);

    /// <summary>Adds a response; it is in the file when this returns.</summary>
    /// <param name="step">The step that it was sampled in, from 1.</param>
    /// <param name="sample">The response.</param>
    public void Write(int step, LoggedSample sample) => _lines.Write(step, json =>
    {
        json.WriteString("prompt", sample.Prompt);
        WriteTexts(json, "prompt_tokens", sample.PromptTokens);
        json.WriteString("response", sample.Response);
        json.WritePropertyName("reward");
        WriteNumber(json, sample.Reward);
        json.WritePropertyName("advantage");
        WriteNumber(json, sample.Advantage);
        json.WriteStartArray("token_ids");
        foreach (int id in sample.TokenIds) json.WriteNumberValue(id);
        json.WriteEndArray();
        WriteTexts(json, "tokens", sample.Tokens);
        WriteTexts(json, "role", sample.Roles.Select(roles => RoleKey.Names[(int)RoleKey.Of(roles) - 1]));
        json.WriteStartArray("credit");
        foreach (double credit in sample.Credit) WriteNumber(json, credit);
        json.WriteEndArray();
        json.WriteString("finish_reason", FinishReasonName.Of(sample.FinishReason));
    });

    /// <summary>Sees to it that what was written is on the disk.</summary>
    public void Flush() => _lines.Flush();

    /// <inheritdoc/>
    public void Dispose() => _lines.Dispose();

    private static void WriteNumber(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue((float)value);
        else json.WriteNullValue();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }
}
