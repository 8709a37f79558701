using System.Collections.Frozen;
using System.Text.Json;

namespace MLNetAttn.Modeling;

/// <summary>How a conversation is rendered.</summary>
public sealed record ChatTemplateOptions
{
    private static readonly FrozenSet<string> Reserved = FrozenSet.Create(StringComparer.Ordinal, "messages", "tools", "add_generation_prompt");

    /// <summary>Whether the beginning of an answer of the model follows the conversation. Default false.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>
    /// Whether the text ends right after the content of the last message, for the model to go on with it. Default false; not together with
    /// <see cref="AddGenerationPrompt"/>.
    /// </summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>The tools that the model may call, as JSON objects in the form that the template expects, mostly JSON schemas of functions; null =
    /// none.</summary>
    public IReadOnlyList<JsonElement>? Tools { get; init; }

    /// <summary>
    /// What else the template finds by name, such as <c>enable_thinking</c> or <c>date_string</c>; of the types that <see cref="ChatMessage.Fields"/>
    /// takes. They go before special tokens of the same name. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Variables { get; init; } = FrozenDictionary<string, object?>.Empty;

    /// <summary>The clock that the template's <c>strftime_now</c> tells the local time of. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <exception cref="InvalidOptionsException">Options contradict each other; the message lists all that is wrong.</exception>
    internal void Validate()
    {
        Violations violations = new();
        violations.Require(
            !(AddGenerationPrompt && ContinueFinalMessage), nameof(ContinueFinalMessage), ContinueFinalMessage,
            $"false where {nameof(AddGenerationPrompt)} is true: an answer is begun or gone on with, not both");
        foreach (string name in Variables.Keys.Where(Reserved.Contains))
            violations.Require(
                false, nameof(Variables), $"'{name}'",
                "other names: this one is what the messages and the options of that name are called in the template");
        violations.Require(
            Tools?.All(tool => tool.ValueKind == JsonValueKind.Object) ?? true, nameof(Tools), "not only JSON objects",
            "a JSON object for each tool");
        violations.ThrowIfAny(nameof(ChatTemplateOptions));
    }
}
