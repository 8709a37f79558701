using System.Globalization;
using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Python's <c>text % values</c>: <c>%s %r %d %i %x %X %o %f %F %%</c>, with names in parentheses, flags, width and precision.</summary>
internal sealed class PrintfFormat
{
    private readonly string _format;
    private readonly JinjaValue _values;
    private readonly JinjaState _state;
    private readonly JinjaWriter _writer;
    private int _position;
    private int _used;

    private PrintfFormat(string format, JinjaValue values, JinjaState state) =>
        (_format, _values, _state, _writer) = (format, values, state, new JinjaWriter(state));

    /// <exception cref="JinjaException">Values are missing, left over or of another type, or the conversion is not known.</exception>
    public static string Format(string format, JinjaValue values, JinjaState state) => new PrintfFormat(format, values, state).Format();

    private string Format()
    {
        bool named = false;
        while (_position < _format.Length)
        {
            int percent = _format.IndexOf('%', _position);
            _writer.Append(_format.AsSpan()[_position..(percent < 0 ? _format.Length : percent)]);
            _position = percent < 0 ? _format.Length : percent + 1;
            if (percent >= 0)
                named |= Conversion();
        }
        // What has items and is neither text nor a tuple may be a mapping to Python, and those need not be used up.
        int given = _values is JinjaTuple tuple ? tuple.Values.Count : _values.HasItems && _values is not JinjaText ? 0 : 1;
        return named || _used >= given ? _writer.ToString() : throw JinjaException.Invalid("'%' has more values than its text takes");
    }

    private bool Conversion()
    {
        string? name = null;
        if (Next() == '(')
        {
            int end = _format.IndexOf(')', _position);
            if (end < 0)
                throw JinjaException.Invalid("'%(' lacks its ')'");
            name = _format[(_position + 1)..end];
            _position = end + 1;
        }
        int start = _position;
        while (Next() is '-' or '0' or '+' or ' ' or '#')
            _position++;
        string flags = _format[start.._position];
        int width = Number() ?? 0;
        int? precision = null;
        if (Next() == '.')
        {
            _position++;
            precision = Number() ?? 0;
        }
        char kind = Next();
        _position++;
        if (kind == '%')
            _writer.Append('%');
        else
            Write(Convert(kind, flags, precision, name), flags, width, isNumber: kind is not ('s' or 'r'));
        return name is not null;
    }

    private char Next() => _position < _format.Length ? _format[_position] : throw JinjaException.Invalid("'%' is followed by an incomplete conversion");

    private int? Number()
    {
        int start = _position;
        while (char.IsAsciiDigit(Next()))
            _position++;
        return start == _position ? null
            : int.TryParse(_format.AsSpan()[start.._position], CultureInfo.InvariantCulture, out int number) ? number
            : throw JinjaException.Invalid("a width after '%' is out of range");
    }

    private JinjaValue Value(string? name)
    {
        if (name is not null)
            return _values is JinjaDictionary dictionary
                ? dictionary.FindText(name) ?? throw JinjaException.Invalid($"'%' has no value named '{name}'")
                : throw JinjaException.Invalid("'%(name)' needs a dictionary of values");
        int index = _used++;
        return (_values is JinjaTuple tuple ? tuple.Values.ElementAtOrDefault(index) : index == 0 ? _values : null)
            ?? throw JinjaException.Invalid("'%' has fewer values than its text takes");
    }

    private string Convert(char kind, string flags, int? precision, string? name)
    {
        if (kind is not ('s' or 'r' or 'd' or 'i' or 'u' or 'x' or 'X' or 'o' or 'f' or 'F') || flags.Contains('#'))
            throw JinjaException.Unknown($"the conversion '%{flags}{kind}'");
        JinjaValue value = Value(name);
        if (kind is 's' or 'r')
        {
            string text = kind == 's' ? _state.TextOf(value) : new JinjaWriter(_state).AppendRepr(value).ToString();
            return precision is { } count ? text[..new JinjaText(text).OffsetOf(Math.Min(count, PythonText.CountOf(text)))] : text;
        }
        if (value is not JinjaNumber number || (value is JinjaFloat && kind is 'x' or 'X' or 'o'))
            throw JinjaException.Invalid($"'%{kind}' needs a number, not a value of type '{value.TypeName}'");
        string digits = kind is 'f' or 'F' ? Fixed(number, precision ?? 6) : Whole(number, kind, precision ?? 0);
        return digits[0] == '-' ? digits : flags.Contains('+') ? $"+{digits}" : flags.Contains(' ') ? $" {digits}" : digits;
    }

    private static string Fixed(JinjaNumber number, int places)
    {
        if (places > JinjaInteger.MaximumDigits)
            throw JinjaException.Invalid("a precision after '%' is out of range");
        if (PythonFloat.Round(number.AsDouble, places) is not { } rounded)
            return PythonFloat.Repr(number.AsDouble);
        string digits = BigInteger.Abs(rounded).ToString(CultureInfo.InvariantCulture).PadLeft(places + 1, '0');
        string sign = double.IsNegative(number.AsDouble) ? "-" : "";
        return places == 0 ? sign + digits : $"{sign}{digits[..^places]}.{digits[^places..]}";
    }

    private static string Whole(JinjaNumber number, char kind, int minimum)
    {
        BigInteger whole = number is JinjaInteger integer ? integer.Value
            : double.IsFinite(number.AsDouble) ? new BigInteger(number.AsDouble) : throw JinjaException.Invalid("what is not a finite number has no digits");
        if (minimum > JinjaInteger.MaximumDigits)
            throw JinjaException.Invalid("a precision after '%' is out of range");
        string digits = kind switch
        {
            'x' or 'X' => BigInteger.Abs(whole).ToString($"{kind}", CultureInfo.InvariantCulture).TrimStart('0'),
            'o' => Octal(BigInteger.Abs(whole)),
            _ => BigInteger.Abs(whole).ToString(CultureInfo.InvariantCulture),
        };
        return (whole.Sign < 0 ? "-" : "") + digits.PadLeft(Math.Max(1, minimum), '0');
    }

    private static string Octal(BigInteger number)
    {
        string digits = "";
        for (; !number.IsZero; number /= 8)
            digits = (int)(number % 8) + digits;
        return digits;
    }

    private void Write(string text, string flags, int width, bool isNumber)
    {
        int padding = width - PythonText.CountOf(text);
        if (flags.Contains('-'))
            _writer.Append(text).Append(' ', padding);
        else if (flags.Contains('0') && isNumber)
        {
            int sign = text[0] is '-' or '+' or ' ' ? 1 : 0;
            _writer.Append(text.AsSpan()[..sign]).Append('0', padding).Append(text.AsSpan()[sign..]);
        }
        else
            _writer.Append(' ', padding).Append(text);
    }
}
