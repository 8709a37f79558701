namespace MLNetAttn.Modeling;

/// <summary>What the parts of tokenizer.json have in common: a <c>type</c>, required fields, sequences of parts, patterns.</summary>
internal static class PartFields
{
    private const int MaximumSteps = 16;
    private const int MaximumReplacement = 256;

    public static string Type(JsonFields fields, string part, string location) =>
        fields.Text("type") ?? throw new InvalidDataException($"{location}: the {part} has no 'type'.");

    public static string RequiredText(JsonFields fields, string key, string location) =>
        fields.Text(key) ?? throw Missing(fields, key, location);

    /// <summary>A field that holds exactly one UTF-16 unit.</summary>
    public static char RequiredCharacter(JsonFields fields, string key, string location) =>
        RequiredText(fields, key, location) is [char single] ? single
            : throw new InvalidDataException($"{location}: '{key}' of {fields.Text("type")} is not a single character.");

    public static JsonFields[] Steps(JsonFields fields, string key, string location)
    {
        JsonFields[] steps = fields.Objects(key) ?? throw Missing(fields, key, location);
        return steps.Length <= MaximumSteps ? steps
            : throw new InvalidDataException($"{location}: '{key}' has {steps.Length} steps; at most {MaximumSteps} are read.");
    }

    /// <summary>What a part puts into a text.</summary>
    public static string Replacement(JsonFields fields, string key, string location)
    {
        string text = RequiredText(fields, key, location);
        return text.Length <= MaximumReplacement ? text
            : throw new InvalidDataException($"{location}: '{key}' of {fields.Text("type")} has {text.Length} characters; at most {MaximumReplacement}.");
    }

    /// <summary>A pattern that is a text; regular expressions are refused here.</summary>
    public static string LiteralPattern(JsonFields fields, string part, string location)
    {
        (string text, bool isExpression) = Pattern(fields, location);
        if (isExpression)
            throw new NotSupportedException($"{location}: the {part} Replace has the regular expression '{text}'; this library only replaces texts.");
        return text;
    }

    /// <summary>A pattern, and whether it is a regular expression.</summary>
    public static (string Text, bool IsExpression) Pattern(JsonFields fields, string location)
    {
        JsonFields pattern = fields.Object("pattern") ?? throw Missing(fields, "pattern", location);
        string? expression = pattern.Text("Regex");
        string text = expression ?? pattern.Text("String")
            ?? throw new InvalidDataException($"{location}: 'pattern' of {fields.Text("type")} has neither 'Regex' nor 'String'.");
        return text.Length > 0 ? (text, expression is not null) : throw new InvalidDataException($"{location}: 'pattern' of {fields.Text("type")} is empty.");
    }

    public static InvalidDataException Missing(JsonFields fields, string key, string location) =>
        new($"{location}: '{key}' of {fields.Text("type") ?? "a part"} is missing.");

    public static NotSupportedException Unknown(string part, string type, string location) =>
        new($"{location}: the {part} '{type}' is not supported.");
}
