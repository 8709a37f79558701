using System.Globalization;

namespace MLNetAttn.Modeling;

/// <summary>C's <c>strftime</c> in the C locale, which <c>strftime_now</c> formats the date with.</summary>
internal static class StrftimeFormat
{
    /// <exception cref="JinjaException">A directive is not known.</exception>
    public static string Format(string format, DateTimeOffset time, JinjaState state)
    {
        JinjaWriter writer = new(state);
        for (int position = 0; position < format.Length; position++)
        {
            if (format[position] != '%')
            {
                writer.Append(format[position]);
                continue;
            }
            // GNU's flag: no padding.
            bool unpadded = position + 1 < format.Length && format[position + 1] == '-';
            position += unpadded ? 2 : 1;
            string directive = position < format.Length ? format[position].ToString() : "";
            string text = Directive(directive, time) ?? throw JinjaException.Unknown($"the directive '%{(unpadded ? "-" : "")}{directive}' of 'strftime_now'");
            writer.Append(unpadded ? text.TrimStart('0', ' ') is { Length: > 0 } digits ? digits : "0" : text);
        }
        return writer.ToString();
    }

    private static string? Directive(string directive, DateTimeOffset time) => directive switch
    {
        "a" => Net(time, "ddd"),
        "A" => Net(time, "dddd"),
        "b" or "h" => Net(time, "MMM"),
        "B" => Net(time, "MMMM"),
        "c" => $"{Net(time, "ddd MMM")} {time.Day,2} {Net(time, "HH:mm:ss yyyy")}",
        "C" => Pad(time.Year / 100, 2),
        "d" => Pad(time.Day, 2),
        "D" or "x" => Net(time, "MM/dd/yy"),
        "e" => $"{time.Day,2}",
        "f" => Net(time, "ffffff"),
        "F" => Net(time, "yyyy-MM-dd"),
        "g" => Pad(ISOWeek.GetYear(time.DateTime) % 100, 2),
        "G" => Pad(ISOWeek.GetYear(time.DateTime), 1),
        "H" => Pad(time.Hour, 2),
        "I" => Pad(Twelve(time.Hour), 2),
        "j" => Pad(time.DayOfYear, 3),
        "k" => $"{time.Hour,2}",
        "l" => $"{Twelve(time.Hour),2}",
        "m" => Pad(time.Month, 2),
        "M" => Pad(time.Minute, 2),
        "n" => "\n",
        "p" => time.Hour < 12 ? "AM" : "PM",
        "P" => time.Hour < 12 ? "am" : "pm",
        "r" => $"{Pad(Twelve(time.Hour), 2)}{Net(time, ":mm:ss")} {(time.Hour < 12 ? "AM" : "PM")}",
        "R" => Net(time, "HH:mm"),
        "s" => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        "S" => Pad(time.Second, 2),
        "t" => "\t",
        "T" or "X" => Net(time, "HH:mm:ss"),
        "u" => Pad(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        "U" => Pad((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2),
        "V" => Pad(ISOWeek.GetWeekOfYear(time.DateTime), 2),
        "w" => Pad((int)time.DayOfWeek, 1),
        "W" => Pad((time.DayOfYear + 6 - ((int)time.DayOfWeek + 6) % 7) / 7, 2),
        "y" => Net(time, "yy"),
        "Y" => Pad(time.Year, 1),
        // The time has no zone: Python's datetime.now() is naive.
        "z" or "Z" => "",
        "%" => "%",
        _ => null,
    };

    private static string Net(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);

    private static int Twelve(int hour) => (hour + 11) % 12 + 1;

    private static string Pad(int number, int digits) => number.ToString($"D{digits}", CultureInfo.InvariantCulture);
}
