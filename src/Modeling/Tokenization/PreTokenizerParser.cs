namespace MLNetAttn.Modeling;

/// <summary>Reads <c>pre_tokenizer</c> of tokenizer.json.</summary>
internal static class PreTokenizerParser
{
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    // The reference tells digits by Unicode 17, and everything else by Unicode 16, as .NET does: 13 numbers were new.
    internal const string DigitPattern = "[\\p{N}\U00011DE0-\U00011DE9\U00016FF4-\U00016FF6]";

    private const int MaximumSteps = 16;

    /// <summary>The pre-tokenizer, and whether the text then reaches the model as bytes.</summary>
    public static (PreTokenizer? PreTokenizer, bool ByteLevel) Parse(JsonFields? preTokenizer, string location)
    {
        List<JsonFields> fields = [];
        Flatten(preTokenizer, fields, location);
        int byteLevel = fields.FindIndex(step => step.Text("type") == "ByteLevel");
        if (byteLevel >= 0 && byteLevel < fields.Count - 1)
            throw new NotSupportedException($"{location}: the pre-tokenizer 'ByteLevel' before another one, which would split bytes, is not supported.");
        PreTokenizer[] steps = [.. fields.Select(step => Parse(step, location)).OfType<PreTokenizer>()];
        PreTokenizer? all = steps.Length switch
        {
            0 => null,
            1 => steps[0],
            _ => new PreTokenizerSequence(steps),
        };
        return (all, byteLevel >= 0);
    }

    private static void Flatten(JsonFields? preTokenizer, List<JsonFields> steps, string location)
    {
        if (preTokenizer is not { } fields)
            return;
        if (PartFields.Type(fields, "pre-tokenizer", location) == "Sequence")
            foreach (JsonFields step in PartFields.Steps(fields, "pretokenizers", location))
                Flatten(step, steps, location);
        else if (steps.Count == MaximumSteps)
            throw new InvalidDataException($"{location}: there are more than {MaximumSteps} pre-tokenizers.");
        else
            steps.Add(fields);
    }

    private static PreTokenizer? Parse(JsonFields fields, string location)
    {
        string type = PartFields.Type(fields, "pre-tokenizer", location);
        return type switch
        {
            "ByteLevel" => ByteLevel(fields),
            "Split" => Split(fields, location),
            "Digits" => SplitBy(DigitPattern, fields.Flag("individual_digits") ?? false ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
            "Whitespace" => SplitBy(@"\w+|[^\w\s]+", SplitBehavior.Removed, invert: true),
            "WhitespaceSplit" => SplitBy(@"\s", SplitBehavior.Removed),
            "Metaspace" => Metaspace(fields, location),
            _ => throw PartFields.Unknown("pre-tokenizer", type, location),
        };
    }

    private static SplitPreTokenizer SplitBy(string pattern, SplitBehavior behavior, bool invert = false) => new(new SplitPattern(pattern), behavior, invert);

    private static PreTokenizer? ByteLevel(JsonFields fields)
    {
        PreTokenizer? split = fields.Flag("use_regex") ?? true ? SplitBy(Gpt2Pattern, SplitBehavior.Isolated) : null;
        return fields.Flag("add_prefix_space") ?? true ? new PrefixSpacePreTokenizer(split) : split;
    }

    private static SplitPreTokenizer Split(JsonFields fields, string location)
    {
        (string text, bool isExpression) = PartFields.Pattern(fields, location);
        string name = PartFields.RequiredText(fields, "behavior", location);
        if (!Enum.TryParse(name, out SplitBehavior behavior) || behavior.ToString() != name)
            throw PartFields.Unknown("split behavior", name, location);
        try
        {
            return new SplitPreTokenizer(isExpression ? new SplitPattern(text) : SplitPattern.Literal(text), behavior, fields.Flag("invert") ?? false);
        }
        catch (NotSupportedException exception)
        {
            throw new NotSupportedException($"{location}: {exception.Message}", exception);
        }
    }

    private static MetaspacePreTokenizer Metaspace(JsonFields fields, string location)
    {
        MetaspacePrepend prepend = PrependOf(fields, location);
        return new MetaspacePreTokenizer(PartFields.RequiredCharacter(fields, "replacement", location), prepend, fields.Flag("split") ?? true);
    }

    /// <summary>Where a Metaspace puts marks; older files say it with <c>add_prefix_space</c>.</summary>
    public static MetaspacePrepend PrependOf(JsonFields fields, string location) => fields.Text("prepend_scheme") switch
    {
        null => fields.Flag("add_prefix_space") ?? true ? MetaspacePrepend.Always : MetaspacePrepend.Never,
        "always" => MetaspacePrepend.Always,
        "first" => MetaspacePrepend.First,
        "never" => MetaspacePrepend.Never,
        { } scheme => throw PartFields.Unknown("prepend_scheme of Metaspace", scheme, location),
    };
}
