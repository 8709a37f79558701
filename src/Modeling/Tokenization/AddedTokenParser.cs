namespace MLNetAttn.Modeling;

/// <summary>Reads <c>added_tokens</c> of tokenizer.json.</summary>
internal static class AddedTokenParser
{
    public static IReadOnlyList<AddedToken> Parse(JsonFields definition, Vocabulary vocabulary, Normalizer? normalizer, string location)
    {
        Dictionary<int, AddedToken> tokens = [];
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (JsonFields fields in definition.Objects("added_tokens") ?? [])
        {
            AddedToken token = Read(fields, normalizer, location);
            if (token.Content.Length == 0)
                continue;
            string? taken = vocabulary.TokenOf(token.Id) ?? tokens.GetValueOrDefault(token.Id)?.Content;
            if (taken is not null && taken != token.Content)
                throw new InvalidDataException($"{location}: the added token '{token.Content}' has the id {token.Id}, which '{taken}' has too.");
            int known = vocabulary.IdOf(token.Content);
            if (known < 0)
                known = ids.GetValueOrDefault(token.Content, -1);
            if (known >= 0 && known != token.Id)
                throw new InvalidDataException($"{location}: the added token '{token.Content}' has the id {token.Id}, and the id {known} elsewhere.");
            ids[token.Content] = token.Id;
            tokens[token.Id] = token;
        }
        return [.. tokens.Values];
    }

    private static AddedToken Read(JsonFields fields, Normalizer? normalizer, string location)
    {
        string content = fields.Text("content") ?? throw new InvalidDataException($"{location}: an added token has no 'content'.");
        int id = fields.RequiredInteger("id");
        if (id < 0)
            throw new InvalidDataException($"{location}: the added token '{content}' has the id {id}; ids begin at 0.");
        bool special = fields.Flag("special") ?? false;
        bool normalized = fields.Flag("normalized") ?? !special;
        string form = normalized && normalizer is not null ? normalizer.Normalize(content) : content;
        if (form.Length == 0 && content.Length > 0)
            throw new InvalidDataException($"{location}: nothing is left of the added token '{content}' after normalization.");
        return new AddedToken(id, content)
        {
            SingleWord = fields.Flag("single_word") ?? false,
            StripLeft = fields.Flag("lstrip") ?? false,
            StripRight = fields.Flag("rstrip") ?? false,
            Normalized = normalized,
            Special = special,
            Form = form,
        };
    }
}
