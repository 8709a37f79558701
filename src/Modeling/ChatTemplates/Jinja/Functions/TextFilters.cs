namespace MLNetAttn.Modeling;

/// <summary>Filters on the text of a value.</summary>
internal static class TextFilters
{
    public static IReadOnlyList<JinjaFunction> All { get; } =
    [
        new("string", "", call => call.SelfText()),
        new("safe", "", call => new JinjaText(call.State.TextOf(call.Self), isSafe: true)),
        new("trim", "chars?", call => Map(call, text => PythonText.Strip(text, call.Text("chars")).ToString())),
        new("upper", "", call => Map(call, PythonCase.Upper)),
        new("lower", "", call => Map(call, PythonCase.Lower)),
        new("capitalize", "", call => Map(call, PythonCase.Capitalize)),
        new("title", "", call => call.State.Text(Title(call.State.TextOf(call.Self)))),
        new("center", "width?", call => Map(call, text => TextMethods.Pad(call, text, call.Integer("width") ?? 80, ' ', left: true, right: true))),
        new("replace", "old new count?", Replace),
        new("indent", "width? first? blank?", Indent),
        new("truncate", "length? killwords? end? leeway?", Truncate),
        new("wordcount", "", call => new JinjaInteger(CountWords(call.State.TextOf(call.Self)))),
        new("format", "*args **kwargs", Format),
    ];

    /// <summary>The filter that escapes what HTML treats as its own, under one of its names.</summary>
    public static JinjaFunction Escape(string name) => new(name, "", call =>
    {
        if (call.Self is JinjaText { IsSafe: true })
            return call.Self;
        JinjaWriter writer = new(call.State);
        PythonText.WriteEscaped(writer, call.State.TextOf(call.Self));
        return new JinjaText(writer.ToString(), isSafe: true);
    });

    private static JinjaText Map(JinjaCall call, Func<string, string> map)
    {
        JinjaText text = call.SelfText();
        return text.With(map(text.Value), call.State);
    }

    /// <summary>Each word, of which spaces, hyphens and opening brackets are no part, begins with a capital.</summary>
    private static string Title(string text)
    {
        List<string> pieces = [];
        for (int start = 0; start < text.Length;)
        {
            int end = start + 1;
            while (end < text.Length && IsSeparator(text[end]) == IsSeparator(text[start]))
                end++;
            string piece = text[start..end];
            int first = PythonText.LengthAt(piece, 0);
            pieces.Add(IsSeparator(text[start]) ? piece : PythonCase.Upper(piece[..first]) + PythonCase.Lower(piece[first..]));
            start = end;
        }
        return string.Concat(pieces);

        static bool IsSeparator(char unit) => PythonText.IsSpace(unit) || unit is '-' or '(' or '{' or '[' or '<';
    }

    private static JinjaText Replace(JinjaCall call) =>
        new(TextMethods.Replace(
            call.State, call.State.TextOf(call.Self), call.State.TextOf(call["old"]), call.State.TextOf(call["new"]),
            call.Integer("count") ?? -1));

    private static JinjaText Indent(JinjaCall call)
    {
        if (call.Self is not JinjaText text)
            throw JinjaException.Invalid(call.Self is JinjaUndefined undefined
                ? undefined.Message
                : $"'indent' needs text, not a value of type '{call.Self.TypeName}'");
        JinjaWriter writer = new(call.State);
        string[] lines = [.. PythonText.Lines(text.Value + "\n")];
        for (int i = 0; i < lines.Length; i++)
        {
            call.State.Step();
            if (i > 0)
                writer.Append('\n');
            if (i == 0 ? call.Flag("first") : lines[i].Length > 0 || call.Flag("blank"))
                WriteIndentation(call, writer);
            writer.Append(lines[i]);
        }
        return new JinjaText(writer.ToString(), text.IsSafe);
    }

    private static void WriteIndentation(JinjaCall call, JinjaWriter writer)
    {
        if (call.Find("width") is JinjaText text)
            writer.Append(text.Value);
        else
            writer.Append(' ', call.Integer("width") ?? 4);
    }

    private static JinjaValue Truncate(JinjaCall call)
    {
        string end = call.Text("end") ?? "...";
        int length = call.Integer("length") ?? 255, leeway = call.Integer("leeway") ?? 5, kept = length - new JinjaText(end).Count;
        if (kept < 0 || leeway < 0)
            throw JinjaException.Invalid("'truncate' needs a length that its ending fits in, and a leeway of at least 0");
        if (call.Self.Length <= (long)length + leeway)
            return call.Self;
        if (call.Self is not JinjaText text)
            throw JinjaException.Invalid($"'truncate' needs text, not a value of type '{call.Self.TypeName}'");
        string start = text.Value[..text.OffsetOf(kept)];
        int space = call.Flag("killwords") ? -1 : start.LastIndexOf(' ');
        return text.With((space < 0 ? start : start[..space]) + end, call.State);
    }

    private static int CountWords(string text)
    {
        int words = 0;
        bool inside = false;
        foreach (int offset in PythonText.Offsets(text))
        {
            bool isPart = text[offset] == '_' || PythonText.IsAlphanumeric(text, offset);
            if (isPart && !inside)
                words++;
            inside = isPart;
        }
        return words;
    }

    private static JinjaText Format(JinjaCall call)
    {
        if (call.Rest.Count > 0 && call.NamedRest.Count > 0)
            throw JinjaException.Invalid("'format' takes values by position or by name, not both");
        JinjaDictionary named = new();
        foreach ((string name, JinjaValue value) in call.NamedRest)
            named.Set(name, value);
        JinjaText text = call.SelfText();
        return text.With(PrintfFormat.Format(text.Value, call.NamedRest.Count > 0 ? named : new JinjaTuple(call.Rest), call.State), call.State);
    }
}
