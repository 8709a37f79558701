using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

/// <summary>Units at the end of an answer: 12 cm, 5\text{ square metres}, 3 hours.</summary>
/// <remarks>
/// Short ones are letters too: 3ab at the end of a sum loses its ab on both sides of a comparison, as with math-verify, whose verdicts this list is meant to
/// agree with.
/// </remarks>
internal static partial class UnitWords
{
    private const int Passes = 2;

    private static readonly string[] Words =
    [
        // lengths
        "m", "cm", "mm", "dm", "km", "mtr", "metre", "meter", "inch", "inches", "feet", "ft", "yard", "mile", "edge",
        // areas and volumes
        "sq", "square", "sq m", "sq inch", "m square", "acre", "hectare", "are", "cube", "cubic", "cc", "cu cm", "cm 2", "l", "liter", "litre", "gal", "gallon",
        // masses
        "g", "gm", "kg", "lb", "pound", "mt",
        // times
        "s", "sec", "second", "min", "minute", "h", "hr", "hour", "day", "month", "yr", "year", "am", "pm", "a . m", "p . m", "noon",
        // speeds, angles, others of physics
        "mph", "kmph", "kmh", "mp", "deg", "degree", "° f", "ohm", "c", "d", "t", "o",
        // money
        "cent", "rs", "rs .", "rupee", "coin", "profit", "loss", "gain", "profit of rs",
        // things and people
        "apple", "children ticket", "digit", "man", "mark", "meal", "men", "monkey", "number", "pie", "prime",
        "soldier", "student", "tile", "toy", "unit", "way", "woman", "women", "rounds", "integerpoint", "multiple",
        // words around numbers
        "ab", "bc", "by", "per", "th", "st", "rd", "lt",
        "more", "less", "increase", "decrease", "rise", "excess", "ratio", "pure", "east", "west", "m east", "no change",
        // names of answers
        "a .", "b .", "c .", "d .", "e .", "f .", "g .", "h .", "s .", "q .",
    ];

    // From the right end, the earliest start that reaches the end wins: regular expressions search from the left.
    private static readonly Regex AtEnd = new($@"([0-9}}\s])\s*(?:{string.Join('|', Words.Select(Regex.Escape))})(?:s|es)?\s*$", RegexOptions.CultureInvariant);

    /// <summary>The formula without units at its end.</summary>
    public static string Remove(string text)
    {
        string shorter = TextAtEnd.Replace(text, "").Trim();
        if (shorter.Length > 0)
            text = shorter;
        for (int pass = 0; pass < Passes; pass++)
        {
            shorter = AtEnd.Replace(text, "$1");
            text = shorter.Length > 0 ? shorter : text;
        }
        return text;
    }

    // \text{ cm}^2, from the first text on if the last one ends the formula.
    [GeneratedRegex(@"\\(?:text|mbox)\{[^\n]*?\}(?:\^[0-9]|\{\^[0-9]\})?$")]
    private static partial Regex TextAtEnd { get; }
}
