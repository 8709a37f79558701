using System.Globalization;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>Reads the tokens inside a tag.</summary>
internal sealed class JinjaTagLexer(string text, List<JinjaToken> tokens)
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly Stack<char> _open = [];

    /// <summary>Whether no bracket is open, so that the tag may end.</summary>
    public bool IsBalanced => _open.Count == 0;

    /// <summary>Reads a token, or white space; the position behind it.</summary>
    /// <exception cref="JinjaException">There is no token here.</exception>
    public int Read(int position)
    {
        char next = text[position];
        if (PythonText.IsSpace(next))
            return position + 1;
        if (char.IsAsciiDigit(next))
            return ReadNumber(position);
        if (next is '\'' or '"')
            return ReadString(position);
        if (IsNamePart(next))
            return ReadName(position);
        return ReadOperator(position);
    }

    private int Add(JinjaTokenKind kind, int start, int end)
    {
        tokens.Add(new JinjaToken(kind, text[start..end], start));
        return end;
    }

    private static bool IsNamePart(char unit) => unit == '_' || char.IsLetterOrDigit(unit);

    private int ReadName(int start)
    {
        int end = start;
        while (end < text.Length && IsNamePart(text[end]))
            end++;
        return char.IsDigit(text[start]) ? throw Unexpected(start) : Add(JinjaTokenKind.Name, start, end);
    }

    private int ReadNumber(int start)
    {
        bool afterDot = start > 0 && text[start - 1] == '.';
        int end = Digits(start), whole = end;
        if (!afterDot && end + 1 < text.Length && text[end] == '.' && char.IsAsciiDigit(text[end + 1]))
            end = Digits(end + 1);
        int exponent = end < text.Length && text[end] is 'e' or 'E' ? end + 1 : -1;
        if (exponent > 0 && exponent < text.Length && text[exponent] is '+' or '-')
            exponent++;
        if (!afterDot && exponent > 0 && exponent < text.Length && char.IsAsciiDigit(text[exponent]))
            end = Digits(exponent);
        return end > whole ? Add(JinjaTokenKind.Float, start, end) : Add(JinjaTokenKind.Integer, start, IntegerEnd(start, whole));
    }

    /// <summary>Where an integer ends: it has a radix, is made of zeros alone, or does not begin with one.</summary>
    private int IntegerEnd(int start, int end)
    {
        if (text[start] != '0')
            return end;
        string digits = start + 1 < text.Length
            ? char.ToLowerInvariant(text[start + 1]) switch
            {
                'b' => "01",
                'o' => "01234567",
                'x' => "0123456789abcdefABCDEF",
                _ => "",
            }
            : "";
        int last = start + (digits.Length > 0 ? 2 : 0);
        if (digits.Length == 0)
            digits = "0";
        int position = last;
        while (position < text.Length
            && (digits.Contains(text[position])
                || (text[position] == '_' && position + 1 < text.Length && digits.Contains(text[position + 1]))))
            position++;
        return position > last || digits == "0" ? position : start + 1;
    }

    /// <summary>Digits with single underscores between.</summary>
    private int Digits(int position)
    {
        while (position < text.Length
            && (char.IsAsciiDigit(text[position])
                || (text[position] == '_' && position + 1 < text.Length && char.IsAsciiDigit(text[position + 1]))))
            position++;
        return position;
    }

    private int ReadString(int start)
    {
        int end = start + 1;
        while (end < text.Length && text[end] != text[start])
            end += text[end] == '\\' ? 2 : 1;
        if (end >= text.Length)
            throw JinjaException.Invalid("a text in quotes does not end", start);
        tokens.Add(new JinjaToken(JinjaTokenKind.String, Unescape(start + 1, end), start));
        return end + 1;
    }

    private string Unescape(int start, int end)
    {
        StringBuilder plain = new(end - start);
        for (int i = start; i < end; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }
            char kind = text[++i];
            int digits = kind switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                AppendCode(plain, i - 1, i + 1, Math.Min(digits, end - i - 1), digits);
                i += digits;
            }
            else if (kind is >= '0' and <= '7')
            {
                int code = 0, first = i;
                for (; i < end && i < first + 3 && text[i] is >= '0' and <= '7'; i++)
                    code = code * 8 + text[i] - '0';
                plain.Append((char)code);
                i--;
            }
            else if (kind == 'N')
                throw JinjaException.Unknown("a character by its name, '\\N'", i - 1);
            else if (!char.IsAscii(kind))
                throw JinjaException.Unknown($"'\\' before '{kind}'", i - 1);
            else
                plain.Append(Simple(kind) ?? $"\\{kind}");
        }
        return plain.ToString();
    }

    private static string? Simple(char kind) => kind switch
    {
        '\n' => "",
        '\\' => "\\",
        '\'' => "'",
        '"' => "\"",
        'a' => "\a",
        'b' => "\b",
        'f' => "\f",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\v",
        _ => null,
    };

    private void AppendCode(StringBuilder plain, int escape, int start, int available, int digits)
    {
        if (available < digits || !uint.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, null, out uint code) || code > 0x10FFFF)
            throw JinjaException.Invalid($"'\\{text[start - 1]}' needs {digits} hexadecimal digits of a code point", escape);
        if (code < 0x10000)
            plain.Append((char)code);
        else
            plain.Append(char.ConvertFromUtf32((int)code));
    }

    private int ReadOperator(int position)
    {
        string symbol = Array.Find(Operators, symbol => string.CompareOrdinal(text, position, symbol, 0, symbol.Length) == 0) ?? throw Unexpected(position);
        if (symbol is "(" or "[" or "{")
            _open.Push(symbol switch { "(" => ')', "[" => ']', _ => '}' });
        else if (symbol is ")" or "]" or "}" && (!_open.TryPop(out char expected) || expected != symbol[0]))
            throw Unexpected(position);
        return Add(JinjaTokenKind.Operator, position, position + symbol.Length);
    }

    private JinjaException Unexpected(int position)
    {
        CodePoint.At(text, position, out int length);
        return JinjaException.Invalid($"unexpected '{text.AsSpan(position, length)}'", position);
    }
}
