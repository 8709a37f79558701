using System.Buffers;
using System.Globalization;

namespace MLNetAttn.Modeling;

/// <summary>Python's <c>text.format(...)</c> with plain fields: <c>{}</c>, <c>{0}</c>, <c>{name}</c>. Attributes, conversions and format codes are
/// refused.</summary>
internal static class BraceFormat
{
    private static readonly SearchValues<char> Unsupported = SearchValues.Create(".[]!:{");

    public static string Format(string format, JinjaCall call)
    {
        JinjaWriter writer = new(call.State);
        int automatic = 0;
        bool numbered = false;
        for (int position = 0; position < format.Length;)
        {
            char unit = format[position++];
            if (unit is not ('{' or '}'))
            {
                writer.Append(unit);
                continue;
            }
            if (position < format.Length && format[position] == unit)
            {
                writer.Append(unit);
                position++;
                continue;
            }
            int end = unit == '{' ? format.IndexOf('}', position) : -1;
            if (end < 0)
                throw JinjaException.Invalid($"'format' has a single '{unit}'");
            string field = format[position..end];
            if (field.AsSpan().ContainsAny(Unsupported))
                throw JinjaException.Unknown($"the field '{{{field}}}' of 'format'");
            position = end + 1;
            bool isNumber = field.Length > 0 && field.All(char.IsAsciiDigit);
            if (field.Length == 0 ? numbered : isNumber && automatic > 0)
                throw JinjaException.Invalid("'format' mixes '{}' with numbered fields");
            numbered |= isNumber;
            JinjaValue? value = field.Length == 0 ? call.Rest.ElementAtOrDefault(automatic++)
                : isNumber ? (int.TryParse(field, CultureInfo.InvariantCulture, out int index) ? call.Rest.ElementAtOrDefault(index) : null)
                : call.NamedRest.FirstOrDefault(pair => pair.Key == field).Value;
            writer.Append(call.State.TextOf(value ?? throw JinjaException.Invalid($"'format' has no value for its field '{{{field}}}'")));
        }
        return writer.ToString();
    }
}
