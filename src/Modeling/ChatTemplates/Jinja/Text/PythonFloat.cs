using System.Globalization;
using System.Numerics;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>How Python reads and writes numbers.</summary>
internal static class PythonFloat
{
    /// <summary><c>repr(number)</c>: the shortest digits that give the number back, with an exponent below 1e-4 and from 1e16 on.</summary>
    public static string Repr(double number)
    {
        if (!double.IsFinite(number))
            return double.IsNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        // D.DDDE+XXX: "E16" would not be the shortest, "R" is, in a form of its own.
        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        string sign = shortest[0] == '-' ? "-" : "";
        string[] parts = shortest[sign.Length..].Split('E');
        string[] halves = parts[0].Split('.');
        string digits = (halves[0] + halves.ElementAtOrDefault(1)).TrimStart('0');
        int point = halves[0].Length + (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0)
            - (halves[0] + halves.ElementAtOrDefault(1)).Length + digits.Length;
        digits = digits.TrimEnd('0');
        if (digits.Length == 0)
            return $"{sign}0.0";
        if (point is <= -4 or > 16)
        {
            int exponent = point - 1;
            string fraction = digits.Length > 1 ? $".{digits[1..]}" : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        return point <= 0 ? $"{sign}0.{new string('0', -point)}{digits}"
            : point >= digits.Length ? $"{sign}{digits}{new string('0', point - digits.Length)}.0"
            : $"{sign}{digits[..point]}.{digits[point..]}";
    }

    /// <summary><c>round(number, places)</c> of the exact value, halves to even, as an integer of so many places; null for what is not finite.</summary>
    public static BigInteger? Round(double number, int places)
    {
        if (!double.IsFinite(number))
            return null;
        long bits = BitConverter.DoubleToInt64Bits(number);
        int exponent = (int)(bits >> 52 & 0x7FF);
        BigInteger numerator = bits & 0xF_FFFF_FFFF_FFFF;
        if (exponent == 0)
            exponent = 1;
        else
            numerator += BigInteger.One << 52;
        exponent -= 1075;
        BigInteger denominator = BigInteger.One;
        numerator *= number < 0 ? -1 : 1;
        if (exponent > 0)
            numerator <<= exponent;
        else
            denominator <<= -exponent;
        return places >= 0
            ? DivideHalfEven(numerator * BigInteger.Pow(10, places), denominator)
            : DivideHalfEven(numerator, denominator * BigInteger.Pow(10, -places));
    }

    /// <summary>Division with halves to even.</summary>
    public static BigInteger DivideHalfEven(BigInteger numerator, BigInteger denominator)
    {
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        int half = (2 * BigInteger.Abs(remainder)).CompareTo(BigInteger.Abs(denominator));
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + (numerator.Sign * denominator.Sign) : quotient;
    }

    /// <summary><c>float(text)</c>, or null where Python refuses the text.</summary>
    public static double? Parse(string text)
    {
        string? plain = Plain(text);
        if (plain is null)
            return null;
        string name = plain.TrimStart('+', '-').ToLowerInvariant();
        if (plain.Length - name.Length <= 1 && name is "inf" or "infinity" or "nan")
            return name == "nan" ? double.NaN : plain[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return plain.Any(unit => char.IsAsciiLetter(unit) && unit is not ('e' or 'E')) ? null
            : double.TryParse(plain, Style, CultureInfo.InvariantCulture, out double number) ? number : null;
    }

    /// <summary><c>int(text, radix)</c>, or null where Python refuses the text. A radix of 0 goes by the text's prefix.</summary>
    public static BigInteger? ParseInteger(string text, int radix)
    {
        if (Plain(text) is not { Length: > 0 } plain)
            return null;
        bool negative = plain[0] == '-';
        string digits = plain[0] is '+' or '-' ? plain[1..] : plain;
        int prefix = digits.Length > 1 && digits[0] == '0' ? char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix != 0 && (radix == prefix || radix == 0))
            digits = digits[2..].TrimStart('_');
        else if (radix == 0 && digits.Length > 1 && digits[0] == '0' && digits.Any(digit => digit is not '0'))
            return null;
        radix = radix != 0 ? radix : prefix != 0 ? prefix : 10;
        if (digits.Length is 0 or > JinjaInteger.MaximumDigits)
            return null;
        if (radix == 10)
            return digits.All(char.IsAsciiDigit) ? BigInteger.Parse(plain, CultureInfo.InvariantCulture) : null;
        BigInteger value = BigInteger.Zero;
        foreach (char digit in digits)
        {
            int place = char.IsAsciiDigit(digit) ? digit - '0' : char.IsAsciiLetter(digit) ? (digit | 0x20) - 'a' + 10 : radix;
            if (place >= radix)
                return null;
            value = value * radix + place;
        }
        return negative ? -value : value;
    }

    /// <summary>Without white space around it, single underscores between digits, and with the digits of any script as ASCII; null if an underscore stands
    /// elsewhere.</summary>
    private static string? Plain(string text)
    {
        StringBuilder plain = new(text.Length);
        ReadOnlySpan<char> stripped = PythonText.Strip(text);
        for (int i = 0; i < stripped.Length; i++)
        {
            if (stripped[i] == '_')
            {
                if (i == 0 || i == stripped.Length - 1 || !char.IsAsciiLetterOrDigit(stripped[i - 1]) || !char.IsAsciiLetterOrDigit(stripped[i + 1]))
                    return null;
                continue;
            }
            plain.Append(CharUnicodeInfo.GetDecimalDigitValue(stripped[i]) is var digit and >= 0 ? (char)('0' + digit) : stripped[i]);
        }
        return plain.ToString();
    }
}
