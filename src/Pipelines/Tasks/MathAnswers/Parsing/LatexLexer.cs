namespace MLNetAttn.Pipelines;

/// <summary>Cuts a formula into tokens.</summary>
internal static class LatexLexer
{
    private static readonly string[] MatrixNames = ["matrix", "pmatrix", "bmatrix", "vmatrix", "array"];

    /// <summary>The tokens of a formula, the last one an <see cref="LatexTokenKind.End"/>; null if it holds anything that is not understood.</summary>
    public static List<LatexToken>? Read(string text)
    {
        var tokens = new List<LatexToken>();
        for (int position = 0; position < text.Length;)
        {
            if (text[position] is ' ' or '\t' or '\r' or '\n')
            {
                position++;
                continue;
            }
            if (Next(text, position) is not { } token)
                return null;
            if (token.Kind != LatexTokenKind.End)
                tokens.Add(token);
            position = token.End;
        }
        tokens.Add(new LatexToken(LatexTokenKind.End, "", text.Length, text.Length));
        return tokens;
    }

    // A token of kind End is a space.
    private static LatexToken? Next(string text, int start)
    {
        char first = text[start];
        if (first == '\\')
            return Command(text, start);
        if (char.IsAsciiDigit(first) || (first == '.' && start + 1 < text.Length && char.IsAsciiDigit(text[start + 1])))
            return Number(text, start);
        if (char.IsAsciiLetter(first))
            return new LatexToken(LatexTokenKind.Letter, first.ToString(), start, start + 1);
        if (LatexCommands.GreekName(first) is { } greek)
            return new LatexToken(LatexTokenKind.Symbol, greek, start, start + 1);
        string pair = text.Substring(start, Math.Min(2, text.Length - start));
        if (pair is "<=" or ">=" or "!=")
            return new LatexToken(LatexTokenKind.Relation, pair, start, start + 2);
        if (pair == "==")
            return new LatexToken(LatexTokenKind.Relation, "=", start, start + 2);
        return LatexCommands.ByCharacter.TryGetValue(first, out (LatexTokenKind Kind, string Text) found)
            ? new LatexToken(found.Kind, found.Text, start, start + 1)
            : null;
    }

    private static LatexToken Number(string text, int start)
    {
        int end = SkipDigits(text, start);
        if (end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1]))
            end = SkipDigits(text, end + 1);
        int exponent = end + 1;
        if (end < text.Length && text[end] == 'E')
        {
            if (exponent < text.Length && text[exponent] is '+' or '-')
                exponent++;
            if (exponent < text.Length && char.IsAsciiDigit(text[exponent]))
                return new LatexToken(LatexTokenKind.Number, text[start..SkipDigits(text, exponent)], start, SkipDigits(text, exponent));
        }
        int sign = end < text.Length && text[end] == ' ' ? end + 1 : end;
        if (sign < text.Length && text[sign] == '\\')
            sign++;
        return sign < text.Length && text[sign] == '%'
            ? new LatexToken(LatexTokenKind.Percent, text[start..end], start, sign + 1)
            : new LatexToken(LatexTokenKind.Number, text[start..end], start, end);
    }

    private static LatexToken? Command(string text, int start)
    {
        int end = start + 1;
        while (end < text.Length && char.IsAsciiLetter(text[end]))
            end++;
        if (end == start + 1)
            return SpecialCharacter(text, start);
        string name = text[(start + 1)..end];
        if (name is "begin" or "end")
            return Matrix(text, start, end, name == "begin");
        if (!LatexCommands.ByName.TryGetValue(name, out (LatexTokenKind Kind, string Text)? found) && !TryRunOn(ref name, out found))
            return null;
        end = start + 1 + name.Length;
        if (found is not { } command)
            return new LatexToken(LatexTokenKind.End, "", start, end);
        return command.Kind == LatexTokenKind.Styled ? Styled(text, start, end, name) : new LatexToken(command.Kind, command.Text, start, end);
    }

    // \quadx is \quad x to people who forget the space. Only where no other command could be meant.
    private static bool TryRunOn(ref string name, out (LatexTokenKind Kind, string Text)? found)
    {
        for (int length = name.Length - 1; length >= 2; length--)
        {
            if (LatexCommands.ByName.TryGetValue(name[..length], out found) && (found is null or { Kind: LatexTokenKind.Times or LatexTokenKind.Symbol }))
            {
                name = name[..length];
                return true;
            }
        }
        found = null;
        return false;
    }

    private static LatexToken? SpecialCharacter(string text, int start) => start + 1 >= text.Length ? null : text[start + 1] switch
    {
        ',' or ':' or ';' or '!' or '$' => new LatexToken(LatexTokenKind.End, "", start, start + 2),
        '{' => new LatexToken(LatexTokenKind.Open, "\\{", start, start + 2),
        '}' => new LatexToken(LatexTokenKind.Close, "\\}", start, start + 2),
        '(' => new LatexToken(LatexTokenKind.Open, "(", start, start + 2),
        ')' => new LatexToken(LatexTokenKind.Close, ")", start, start + 2),
        '\\' => new LatexToken(LatexTokenKind.NextRow, "\\\\", start, start + 2),
        _ => null,
    };

    // \text{…} up to the first closing brace: what is styled is a name, and \mathbb{R} is a set.
    private static LatexToken? Styled(string text, int start, int end, string style)
    {
        if (end < text.Length && text[end] == ' ')
            end++;
        if (end >= text.Length || text[end] != '{' || text.IndexOf('}', end) is not (> 0 and int closing))
            return null;
        string content = text[(end + 1)..closing].Replace(" ", "", StringComparison.Ordinal);
        if (style == "mathbb" && content is "N" or "Z" or "Q" or "R" or "C")
            return new LatexToken(LatexTokenKind.NumberSet, content, start, closing + 1);
        string name = style switch
        {
            "text" or "textit" or "textbf" or "textnormal" or "mbox" =>
                content.Replace("(", "", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal),
            "bar" or "overline" => $"bar{{{content}}}",
            "vec" or "overrightarrow" => $"vec{{{content}}}",
            "tilde" or "widetilde" => $"tilde{{{content}}}",
            _ => $"{style}{{{content}}}",
        };
        return new LatexToken(LatexTokenKind.Styled, name, start, closing + 1);
    }

    private static LatexToken? Matrix(string text, int start, int end, bool begins)
    {
        if (end >= text.Length || text[end] != '{' || text.IndexOf('}', end) is not (> 0 and int closing))
            return null;
        string name = text[(end + 1)..closing];
        if (!MatrixNames.Contains(name))
            return null;
        end = closing + 1;
        // The columns of an array: {ccc}.
        if (begins && name == "array")
        {
            if (end >= text.Length || text[end] != '{'
                || text.IndexOf('}', end) is not (> 0 and int columns)
                || text[(end + 1)..columns].Any(letter => letter is not ('c' or 'l' or 'r')))
                return null;
            end = columns + 1;
        }
        return new LatexToken(begins ? LatexTokenKind.BeginMatrix : LatexTokenKind.EndMatrix, name, start, end);
    }

    private static int SkipDigits(string text, int position)
    {
        while (position < text.Length && char.IsAsciiDigit(text[position]))
            position++;
        return position;
    }
}
