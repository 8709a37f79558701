namespace MLNetAttn.Modeling;

/// <summary>Reads <c>post_processor</c> of tokenizer.json; of a template only what it does with a single text.</summary>
internal static class PostProcessorParser
{
    public static PostProcessor Parse(JsonFields? postProcessor, string location)
    {
        List<JsonFields> steps = [];
        Flatten(postProcessor, steps, location);
        JsonFields[] templates = [.. steps.Where(step => step.Text("type") == "TemplateProcessing")];
        if (templates.Length > 1)
            throw new NotSupportedException($"{location}: a post-processor with {templates.Length} templates is not supported.");
        (TemplateToken[] before, TemplateToken[] after) = templates is [JsonFields template] ? Template(template, location) : ([], []);
        JsonFields[] trimming = [.. steps.Where(step => step.Text("type") == "ByteLevel" && (step.Flag("trim_offsets") ?? true))];
        return new PostProcessor
        {
            Before = before,
            After = after,
            TrimOffsets = trimming.Length > 0,
            KeepsPrefixSpace = trimming.Length > 0 && (trimming[0].Flag("add_prefix_space") ?? true),
        };
    }

    private static void Flatten(JsonFields? postProcessor, List<JsonFields> steps, string location)
    {
        if (postProcessor is not { } fields)
            return;
        string type = PartFields.Type(fields, "post-processor", location);
        if (type is not ("Sequence" or "ByteLevel" or "TemplateProcessing"))
            throw PartFields.Unknown("post-processor", type, location);
        if (type == "Sequence")
            foreach (JsonFields step in PartFields.Steps(fields, "processors", location))
                Flatten(step, steps, location);
        else
            steps.Add(fields);
    }

    private static (TemplateToken[] Before, TemplateToken[] After) Template(JsonFields template, string location)
    {
        List<TemplateToken> before = [];
        List<TemplateToken> after = [];
        List<TemplateToken> current = before;
        foreach (JsonFields item in PartFields.Steps(template, "single", location))
        {
            if (item.Object("Sequence") is { } sequence)
            {
                if (sequence.Text("id") != "A" || current == after)
                    throw new InvalidDataException($"{location}: the template 'single' has more than its one text, the sequence A.");
                current = after;
                continue;
            }
            JsonFields token = item.Object("SpecialToken")
                ?? throw new InvalidDataException($"{location}: the template 'single' has an item that is neither a Sequence nor a SpecialToken.");
            current.AddRange(Tokens(template, PartFields.RequiredText(token, "id", location), location));
        }
        if (current == before)
            throw new InvalidDataException($"{location}: the template 'single' has no text: expected the sequence A once.");
        return ([.. before], [.. after]);
    }

    private static IEnumerable<TemplateToken> Tokens(JsonFields template, string name, string location)
    {
        JsonFields? definition = template.Object("special_tokens")?.Object(name);
        int[]? ids = definition?.Integers("ids");
        string[]? tokens = definition?.Texts("tokens");
        return ids is not null && tokens is not null && ids.Length == tokens.Length && ids.All(id => id >= 0)
            ? ids.Zip(tokens, (id, token) => new TemplateToken(id, token))
            : throw new InvalidDataException($"{location}: the template's special token '{name}' has no list of ids with as many tokens.");
    }
}
