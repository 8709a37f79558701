using System.Collections.Frozen;

namespace MLNetAttn.Modeling;

/// <summary>A message of a conversation.</summary>
/// <param name="Role">Who speaks: "system", "user", "assistant", "tool", or whatever else the template knows.</param>
/// <param name="Content">What is said; null if the message has none, such as one that only calls tools.</param>
public sealed record ChatMessage(string Role, string? Content)
{
    /// <summary>
    /// Further fields that the template reads, such as <c>name</c>, <c>reasoning_content</c> or <c>tool_calls</c>: null, texts, numbers, booleans,
    /// dictionaries with text keys, lists, and JSON elements and nodes. Compared by reference. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Fields { get; init; } = FrozenDictionary<string, object?>.Empty;
}
