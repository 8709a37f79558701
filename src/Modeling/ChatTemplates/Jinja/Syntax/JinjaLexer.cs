namespace MLNetAttn.Modeling;

/// <summary>
/// Cuts a template into tokens, with <c>trim_blocks</c> and <c>lstrip_blocks</c> as transformers sets them: a line break after a block or comment
/// is dropped, and so is white space between the beginning of a line and one.
/// </summary>
internal sealed class JinjaLexer
{
    private readonly string _text;
    private readonly List<JinjaToken> _tokens = [];
    private int _position;

    // Whether what was read last ends a line, so that text from here begins one.
    private bool _lineStarts = true;

    private JinjaLexer(string text) => _text = text;

    /// <exception cref="JinjaException">A tag does not end, or holds something that is no token.</exception>
    public static List<JinjaToken> Tokenize(JinjaSource source)
    {
        JinjaLexer lexer = new(source.Text);
        while (lexer._position < lexer._text.Length)
            lexer.ReadPart();
        lexer._tokens.Add(new JinjaToken(JinjaTokenKind.End, "", lexer._text.Length));
        return lexer._tokens;
    }

    /// <summary>Text up to a tag, and the tag.</summary>
    private void ReadPart()
    {
        int start = _position, tag = FindTag(_position);
        if (tag < 0)
        {
            AddData(start, _text.Length);
            _position = _text.Length;
            return;
        }
        char kind = _text[tag + 1], sign = SignAt(tag + 2);
        AddData(start, DataEnd(start, tag, sign, stripsLine: kind != '{'));
        _position = tag + (sign == '\0' ? 2 : 3);
        _lineStarts = false;
        if (kind == '#')
            SkipComment(tag);
        else if (kind == '%' && RawBodyStart() is { } body)
            ReadRaw(tag, body);
        else
            ReadTag(tag, kind == '%');
    }

    private int FindTag(int from)
    {
        for (int brace = _text.IndexOf('{', from); brace >= 0 && brace + 1 < _text.Length; brace = _text.IndexOf('{', brace + 1))
            if (_text[brace + 1] is '%' or '{' or '#')
                return brace;
        return -1;
    }

    private char SignAt(int position) => position < _text.Length && _text[position] is '-' or '+' ? _text[position] : '\0';

    /// <summary>Where the text before a tag ends, once the tag has stripped it.</summary>
    private int DataEnd(int start, int tag, char sign, bool stripsLine)
    {
        int end = tag;
        if (sign == '-')
        {
            while (end > start && PythonText.IsSpace(_text[end - 1]))
                end--;
            return end;
        }
        if (sign == '+' || !stripsLine)
            return tag;
        while (end > start && _text[end - 1] != '\n' && PythonText.IsSpace(_text[end - 1]))
            end--;
        return end > start ? (_text[end - 1] == '\n' ? end : tag) : _lineStarts ? end : tag;
    }

    private void AddData(int start, int end)
    {
        if (end > start)
            _tokens.Add(new JinjaToken(JinjaTokenKind.Data, _text[start..end], start));
    }

    private void SkipComment(int tag)
    {
        int end = _text.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
            throw JinjaException.Invalid("the comment does not end: expected '#}'", tag);
        EndTag(end + 2, end > _position ? _text[end - 1] : '\0', trims: true);
    }

    /// <summary>Where the text of <c>{% raw %}</c> begins, or null if this is another block.</summary>
    private int? RawBodyStart()
    {
        int position = SkipSpace(_position);
        if (!At(position, "raw"))
            return null;
        position = SkipSpace(position + 3);
        return At(position, "-%}") ? SkipSpace(position + 3) : At(position, "%}") ? position + 2 : null;
    }

    private void ReadRaw(int tag, int body)
    {
        _lineStarts = body > 0 && _text[body - 1] == '\n';
        for (int end = _text.IndexOf("{%", body, StringComparison.Ordinal); end >= 0; end = _text.IndexOf("{%", end + 1, StringComparison.Ordinal))
        {
            char sign = SignAt(end + 2);
            int name = SkipSpace(end + (sign == '\0' ? 2 : 3));
            if (!At(name, "endraw"))
                continue;
            int close = SkipSpace(name + 6);
            char closeSign = SignAt(close);
            close += closeSign == '\0' ? 0 : 1;
            if (!At(close, "%}"))
                continue;
            AddData(body, DataEnd(body, end, sign, stripsLine: true));
            EndTag(close + 2, closeSign, trims: true);
            return;
        }
        throw JinjaException.Invalid("the block 'raw' does not end: expected '{% endraw %}'", tag);
    }

    private void ReadTag(int tag, bool isBlock)
    {
        string end = isBlock ? "%}" : "}}";
        _tokens.Add(new JinjaToken(isBlock ? JinjaTokenKind.BlockBegin : JinjaTokenKind.VariableBegin, isBlock ? "{%" : "{{", tag));
        JinjaTagLexer tokens = new(_text, _tokens);
        while (true)
        {
            if (_position >= _text.Length)
                throw JinjaException.Invalid($"the tag does not end: expected '{end}'", tag);
            char sign = SignAt(_position);
            int close = sign == '\0' ? _position : _position + 1;
            if (tokens.IsBalanced && At(close, end) && (isBlock || sign != '+'))
            {
                _tokens.Add(new JinjaToken(isBlock ? JinjaTokenKind.BlockEnd : JinjaTokenKind.VariableEnd, end, close));
                EndTag(close + 2, sign, trims: isBlock);
                return;
            }
            _position = tokens.Read(_position);
        }
    }

    /// <summary>Goes on behind a tag, and what its end strips.</summary>
    private void EndTag(int end, char sign, bool trims)
    {
        _position = sign == '-' ? SkipSpace(end) : sign != '+' && trims && At(end, "\n") ? end + 1 : end;
        _lineStarts = _text[_position - 1] == '\n';
    }

    private int SkipSpace(int position)
    {
        while (position < _text.Length && PythonText.IsSpace(_text[position]))
            position++;
        return position;
    }

    private bool At(int position, string text) => string.CompareOrdinal(_text, position, text, 0, text.Length) == 0;
}
