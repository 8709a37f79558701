namespace MLNetAttn.Modeling;

/// <summary>Methods that cut texts into pieces.</summary>
internal static class TextSplitting
{
    public static IReadOnlyList<JinjaFunction> All { get; } =
    [
        new("split", "sep? maxsplit?", call => Split(call, fromRight: false)),
        new("rsplit", "sep? maxsplit?", call => Split(call, fromRight: true)),
        new("splitlines", "keepends?", call => Pieces(call, PythonText.Lines(TextMethods.SelfOf(call), call.Flag("keepends")))),
        new("partition", "sep /", call => Partition(call, last: false)),
        new("rpartition", "sep /", call => Partition(call, last: true)),
    ];

    private static JinjaList Pieces(JinjaCall call, IEnumerable<string> pieces) =>
        call.State.List(pieces.Select(piece => ((JinjaText)call.Self).With(piece, call.State)));

    private static JinjaList Split(JinjaCall call, bool fromRight)
    {
        int limit = call.Integer("maxsplit") is { } given and >= 0 ? given : int.MaxValue;
        string text = TextMethods.SelfOf(call);
        string? separator = call.Text("sep");
        if (separator is "")
            throw JinjaException.Invalid($"'{call.Function.Name}' needs a separator that is not empty");
        if (!fromRight)
            return Pieces(call, separator is null ? Words(text, limit) : Parts(call.State, text, separator, limit));
        JinjaList reversed = Pieces(call, separator is null ? WordsFromRight(text, limit) : PartsFromRight(call.State, text, separator, limit));
        return new JinjaList([.. reversed.Values.Reverse()]);
    }

    private static IEnumerable<string> Parts(JinjaState state, string text, string separator, int limit)
    {
        int start = 0;
        foreach (int place in SubstringSearch.All(state, text, separator, 0, text.Length).Take(limit))
        {
            yield return text[start..place];
            start = place + separator.Length;
        }
        yield return text[start..];
    }

    private static IEnumerable<string> PartsFromRight(JinjaState state, string text, string separator, int limit)
    {
        int end = text.Length;
        foreach (int place in SubstringSearch.AllFromRight(state, text, separator).Take(limit))
        {
            yield return text[(place + separator.Length)..end];
            end = place;
        }
        yield return text[..end];
    }

    private static IEnumerable<string> Words(string text, int limit)
    {
        for (int start = SkipSpace(text, 0); start < text.Length;)
        {
            int end = start;
            while (limit > 0 && end < text.Length && !PythonText.IsSpace(text[end]))
                end++;
            if (limit-- <= 0)
                end = text.Length;
            yield return text[start..end];
            start = SkipSpace(text, end);
        }
    }

    private static IEnumerable<string> WordsFromRight(string text, int limit)
    {
        for (int end = SkipSpaceBack(text, text.Length); end > 0;)
        {
            int start = end;
            while (limit > 0 && start > 0 && !PythonText.IsSpace(text[start - 1]))
                start--;
            if (limit-- <= 0)
                start = 0;
            yield return text[start..end];
            end = SkipSpaceBack(text, start);
        }
    }

    private static int SkipSpace(string text, int position)
    {
        while (position < text.Length && PythonText.IsSpace(text[position]))
            position++;
        return position;
    }

    private static int SkipSpaceBack(string text, int position)
    {
        while (position > 0 && PythonText.IsSpace(text[position - 1]))
            position--;
        return position;
    }

    private static JinjaTuple Partition(JinjaCall call, bool last)
    {
        (string text, string separator) = (TextMethods.SelfOf(call), TextMethods.Required(call, "sep"));
        if (separator.Length == 0)
            throw JinjaException.Invalid($"'{call.Function.Name}' needs a separator that is not empty");
        int place = last
            ? SubstringSearch.FindLast(call.State, text, separator, 0, text.Length)
            : SubstringSearch.Find(call.State, text, separator, 0, text.Length);
        string[] parts = place >= 0 ? [text[..place], separator, text[(place + separator.Length)..]] : last ? ["", "", text] : [text, "", ""];
        return new JinjaTuple([.. parts.Select(part => ((JinjaText)call.Self).With(part, call.State))]);
    }
}
