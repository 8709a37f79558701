using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Methods of texts.</summary>
internal static class TextMethods
{
    private static readonly FrozenDictionary<string, JinjaFunction> Methods = ((IEnumerable<JinjaFunction>)
    [
        new("strip", "chars? /", call => Map(call, text => PythonText.Strip(text, call.Text("chars")).ToString())),
        new("lstrip", "chars? /", call => Map(call, text => PythonText.Strip(text, call.Text("chars"), right: false).ToString())),
        new("rstrip", "chars? /", call => Map(call, text => PythonText.Strip(text, call.Text("chars"), left: false).ToString())),
        new("upper", "", call => Map(call, PythonCase.Upper)),
        new("lower", "", call => Map(call, PythonCase.Lower)),
        new("capitalize", "", call => Map(call, PythonCase.Capitalize)),
        new("title", "", call => Map(call, PythonCase.Title)),
        new("swapcase", "", call => Map(call, PythonCase.Swap)),
        new("replace", "old new count? /", call =>
            Map(call, text => Replace(call.State, text, Required(call, "old"), Required(call, "new"), call.Integer("count") ?? -1))),
        new("removeprefix", "prefix /", RemovePrefix),
        new("removesuffix", "suffix /", RemoveSuffix),
        new("center", "width fillchar? /", call => Map(call, text => Padded(call, text, left: true, right: true))),
        new("ljust", "width fillchar? /", call => Map(call, text => Padded(call, text, left: false, right: true))),
        new("rjust", "width fillchar? /", call => Map(call, text => Padded(call, text, left: true, right: false))),
        new("zfill", "width /", call => Map(call, text => FillZeros(call, text))),
        new("expandtabs", "tabsize?", call => Map(call, text => ExpandTabs(call, text))),
        new("format", "*args **kwargs", call => Map(call, text => BraceFormat.Format(text, call))),
        new("join", "iterable /", Join),
        new("startswith", "prefix start? end? /", call => JinjaBoolean.Of(HasAffix(call, "prefix", atEnd: false))),
        new("endswith", "suffix start? end? /", call => JinjaBoolean.Of(HasAffix(call, "suffix", atEnd: true))),
        new("find", "sub start? end? /", call => new JinjaInteger(Search(call, last: false))),
        new("rfind", "sub start? end? /", call => new JinjaInteger(Search(call, last: true))),
        new("index", "sub start? end? /", call => new JinjaInteger(RequireFound(Search(call, last: false)))),
        new("rindex", "sub start? end? /", call => new JinjaInteger(RequireFound(Search(call, last: true)))),
        new("count", "sub start? end? /", Count),
        new("isalnum", "", call => Every(call, PythonText.IsAlphanumeric)),
        new("isalpha", "", call => Every(call, PythonText.IsAlphabetic)),
        new("isascii", "", call => JinjaBoolean.Of(System.Text.Ascii.IsValid(SelfOf(call)))),
        new("isdecimal", "", call => Every(call, (text, offset) => CharUnicodeInfo.GetUnicodeCategory(text, offset) == UnicodeCategory.DecimalDigitNumber)),
        new("isdigit", "", call => Every(call, (text, offset) => CharUnicodeInfo.GetDigitValue(text, offset) >= 0)),
        new("isspace", "", call => Every(call, (text, offset) => PythonText.IsSpace(text[offset]))),
        new("islower", "", call => JinjaBoolean.Of(PythonCase.IsLowerText(SelfOf(call)))),
        new("isupper", "", call => JinjaBoolean.Of(PythonCase.IsUpperText(SelfOf(call)))),
        new("istitle", "", call => JinjaBoolean.Of(PythonCase.IsTitleText(SelfOf(call)))),
        new("isidentifier", "", call => JinjaBoolean.Of(IsIdentifier(SelfOf(call)))),
        .. TextSplitting.All,
    ]).ToFrozenDictionary(method => method.Name);

    /// <summary>The method of a name, or null. Those that put other text into one that is marked as safe would have to escape it: refused.</summary>
    public static JinjaValue? Find(JinjaText text, string name) => !Methods.TryGetValue(name, out JinjaFunction? method) ? PythonNames.Refuse(text, name)
        : text.IsSafe && name is ("replace" or "join" or "format") ? throw JinjaException.Unknown($"the method '{name}' of a text that is marked as safe")
        : new JinjaMethod(method, text);

    /// <summary>The text whose method is called.</summary>
    public static string SelfOf(JinjaCall call) => ((JinjaText)call.Self).Value;

    /// <summary>An argument that must be text.</summary>
    public static string Required(JinjaCall call, string parameter) =>
        call.Text(parameter) ?? throw JinjaException.Invalid($"'{call.Function.Name}' needs text for its argument '{parameter}', not None");

    /// <summary>A text filled up to a width.</summary>
    public static string Pad(JinjaCall call, string text, int width, char filler, bool left, bool right)
    {
        int padding = Math.Max(0, width - PythonText.CountOf(text));
        int before = left && right ? padding / 2 + (padding & width & 1) : left ? padding : 0;
        return new JinjaWriter(call.State).Append(filler, before).Append(text).Append(filler, padding - before).ToString();
    }

    /// <summary><c>text.replace(old, new, count)</c>; a negative count means every place.</summary>
    public static string Replace(JinjaState state, string text, string old, string replacement, int count)
    {
        JinjaWriter writer = new(state);
        int written = 0;
        foreach (int place in SubstringSearch.All(state, text, old, 0, text.Length).Take(count < 0 ? int.MaxValue : count))
        {
            writer.Append(text.AsSpan()[written..place]).Append(replacement);
            written = place + old.Length;
        }
        return writer.Append(text.AsSpan()[written..]).ToString();
    }

    private static JinjaText Map(JinjaCall call, Func<string, string> map) => ((JinjaText)call.Self).With(map(SelfOf(call)), call.State);

    private static JinjaBoolean Every(JinjaCall call, Func<string, int, bool> predicate) =>
        JinjaBoolean.Of(SelfOf(call).Length > 0 && PythonText.Offsets(SelfOf(call)).All(offset => predicate(SelfOf(call), offset)));

    private static bool IsIdentifier(string text) => text.Length > 0 && !char.IsDigit(text[0]) && text.All(unit => unit == '_' || char.IsLetterOrDigit(unit));

    private static string Padded(JinjaCall call, string text, bool left, bool right)
    {
        string filler = call.Text("fillchar") ?? " ";
        return filler.Length == 1 ? Pad(call, text, Width(call), filler[0], left, right)
            : throw JinjaException.Invalid($"'{call.Function.Name}' needs one character to fill with");
    }

    private static int Width(JinjaCall call) => call.Integer("width") ?? throw JinjaException.Invalid($"'{call.Function.Name}' needs a width");

    private static string FillZeros(JinjaCall call, string text)
    {
        int sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        return text[..sign] + Pad(call, text[sign..], Width(call) - sign, '0', left: true, right: false);
    }

    private static string ExpandTabs(JinjaCall call, string text)
    {
        int size = call.Integer("tabsize") ?? 8, column = 0;
        JinjaWriter writer = new(call.State);
        foreach (int offset in PythonText.Offsets(text))
            if (text[offset] == '\t')
            {
                int spaces = size > 0 ? size - column % size : 0;
                writer.Append(' ', spaces);
                column += spaces;
            }
            else
            {
                writer.Append(text.AsSpan(offset, PythonText.LengthAt(text, offset)));
                column = text[offset] is '\n' or '\r' ? 0 : column + 1;
            }
        return writer.ToString();
    }

    private static JinjaText Join(JinjaCall call)
    {
        JinjaWriter writer = new(call.State);
        bool isFirst = true;
        foreach (JinjaValue item in call.State.Iterate(call["iterable"]))
        {
            if (!isFirst)
                writer.Append(SelfOf(call));
            isFirst = false;
            writer.Append(item is JinjaText text ? text.Value
                : throw JinjaException.Invalid($"'join' takes texts, not a value of type '{item.TypeName}'; the filter 'join' takes any"));
        }
        return new JinjaText(writer.ToString());
    }

    /// <summary>The part of the text that <c>start</c> and <c>end</c> mean, in UTF-16 units; null if it begins behind its end.</summary>
    private static (int Start, int End)? Range(JinjaCall call)
    {
        JinjaText text = (JinjaText)call.Self;
        BigInteger start = Bound("start", 0), end = BigInteger.Min(Bound("end", text.Count), text.Count);
        return start > end ? null : (text.OffsetOf((int)start), text.OffsetOf((int)end));

        BigInteger Bound(string parameter, int otherwise) => call.FindSet(parameter) switch
        {
            null => otherwise,
            JinjaInteger bound => bound.Value < 0 ? BigInteger.Max(0, bound.Value + text.Count) : bound.Value,
            _ => throw JinjaException.Invalid($"'{call.Function.Name}' needs an integer for its argument '{parameter}'"),
        };
    }

    private static bool HasAffix(JinjaCall call, string parameter, bool atEnd)
    {
        IEnumerable<JinjaValue> affixes = call[parameter] is JinjaTuple several ? several.Values : [call[parameter]];
        (int Start, int End)? range = Range(call);
        foreach (JinjaValue affix in affixes)
        {
            if (affix is not JinjaText { Value: var text })
                throw JinjaException.Invalid($"'{call.Function.Name}' needs text, or a tuple of texts, not a value of type '{affix.TypeName}'");
            if (range is not var (start, end))
                continue;
            ReadOnlySpan<char> part = SelfOf(call).AsSpan()[start..end];
            if (atEnd ? part.EndsWith(text) : part.StartsWith(text))
                return true;
        }
        return false;
    }

    private static int Search(JinjaCall call, bool last)
    {
        if (Range(call) is not var (start, end))
            return -1;
        string text = SelfOf(call), part = Required(call, "sub");
        int found = last ? SubstringSearch.FindLast(call.State, text, part, start, end) : SubstringSearch.Find(call.State, text, part, start, end);
        return found < 0 ? -1 : ((JinjaText)call.Self).IndexOf(found);
    }

    private static JinjaInteger Count(JinjaCall call) =>
        new(Range(call) is var (start, end) ? SubstringSearch.All(call.State, SelfOf(call), Required(call, "sub"), start, end).Count() : 0);

    private static JinjaText RemovePrefix(JinjaCall call)
    {
        string prefix = Required(call, "prefix");
        return Map(call, text => text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : text);
    }

    private static JinjaText RemoveSuffix(JinjaCall call)
    {
        string suffix = Required(call, "suffix");
        return Map(call, text => text.EndsWith(suffix, StringComparison.Ordinal) ? text[..^suffix.Length] : text);
    }

    private static int RequireFound(int index) => index >= 0 ? index : throw JinjaException.Invalid("the text to be found is not in the other");
}
