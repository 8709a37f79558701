using System.Globalization;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>One part of a parsed pattern.</summary>
internal abstract record PatternItem;

/// <summary>Between <paramref name="Minimum"/> and <paramref name="Maximum"/> characters of a set, as many as there are.</summary>
internal sealed record SetItem(CodePointSet Set, int Minimum, int Maximum) : PatternItem;

/// <summary>The first of several alternatives that lets the rest match; an optional group may also be left out, last of all.</summary>
internal sealed record GroupItem(IReadOnlyList<IReadOnlyList<PatternItem>> Alternatives, bool Optional) : PatternItem;

/// <summary>What must, or must not, follow.</summary>
internal sealed record LookAheadItem(GroupItem Group, bool Negative) : PatternItem;

/// <summary>
/// Reads the part of Oniguruma's regular expressions that the split patterns of language models are written in: alternatives, groups,
/// character classes, Unicode categories, greedy quantifiers, look-ahead and case-insensitive groups. Anything else is refused by name.
/// </summary>
internal sealed class SplitPatternParser
{
    private const int MaximumDepth = 32;
    private const int MaximumLength = 1000;

    private readonly string _pattern;
    private int _position;
    private int _depth;

    private SplitPatternParser(string pattern) => _pattern = pattern;

    /// <exception cref="NotSupportedException">The pattern uses something else, or is malformed: named, with its position.</exception>
    public static GroupItem Parse(string pattern)
    {
        SplitPatternParser parser = new(pattern);
        if (pattern.Length > MaximumLength)
            throw parser.Refuse($"a length of {pattern.Length} characters (at most {MaximumLength})");
        GroupItem group = parser.Alternatives(ignoreCase: false);
        return parser._position == pattern.Length ? group : throw parser.Refuse("an unmatched ')'");
    }

    private bool AtEnd => _position == _pattern.Length;

    private GroupItem Alternatives(bool ignoreCase)
    {
        if (++_depth > MaximumDepth)
            throw Refuse($"groups nested more than {MaximumDepth} deep");
        List<IReadOnlyList<PatternItem>> alternatives = [];
        do
        {
            List<PatternItem> items = [];
            while (!AtEnd && _pattern[_position] is not ('|' or ')'))
                items.Add(Item(ignoreCase));
            alternatives.Add(items);
        }
        while (Skip("|"));
        _depth--;
        return new GroupItem(alternatives, Optional: false);
    }

    private PatternItem Item(bool ignoreCase)
    {
        if (Skip("(?!"))
            return new LookAheadItem(Group(ignoreCase), Negative: true);
        if (Skip("(?="))
            return new LookAheadItem(Group(ignoreCase), Negative: false);
        if (Skip("(?:"))
            return Quantified(Group(ignoreCase));
        if (Skip("(?i:"))
            return Quantified(Group(ignoreCase: true));
        if (_pattern.AsSpan(_position).StartsWith("(?", StringComparison.Ordinal))
            throw Refuse($"the group '{_pattern.AsSpan(_position, Math.Min(4, _pattern.Length - _position))}'");
        if (Skip("("))
            return Quantified(Group(ignoreCase));
        if (Skip("["))
            return Quantified(Class(ignoreCase));
        char next = _pattern[_position];
        if (next is '*' or '+' or '?' or '{' or '^' or '$' or '.')
            throw Refuse($"'{next}'");
        return Quantified(next == '\\' ? Escape(ignoreCase) : Literal(ignoreCase));
    }

    private GroupItem Group(bool ignoreCase)
    {
        GroupItem group = Alternatives(ignoreCase);
        return Skip(")") ? group : throw Refuse("a group without its ')'");
    }

    private GroupItem Quantified(GroupItem group) => Quantifier() switch
    {
        (1, 1) => group,
        (0, 1) => group with { Optional = true },
        _ => throw Refuse("a repeated group"),
    };

    private SetItem Quantified(CodePointSet set)
    {
        (int minimum, int maximum) = Quantifier();
        return new SetItem(set, minimum, maximum);
    }

    private (int Minimum, int Maximum) Quantifier()
    {
        (int Minimum, int Maximum) quantifier = (1, 1);
        if (Skip("?"))
            quantifier = (0, 1);
        else if (Skip("*"))
            quantifier = (0, int.MaxValue);
        else if (Skip("+"))
            quantifier = (1, int.MaxValue);
        else if (Skip("{"))
            quantifier = Counts();
        else
            return quantifier;
        return AtEnd || _pattern[_position] is not ('?' or '+' or '*' or '{') ? quantifier : throw Refuse("a lazy, possessive or second quantifier");
    }

    private (int Minimum, int Maximum) Counts()
    {
        int end = _pattern.IndexOf('}', _position);
        string[] parts = end < 0 ? [] : _pattern[_position..end].Split(',');
        bool valid = parts.Length is 1 or 2;
        int minimum = 0;
        int maximum = int.MaxValue;
        valid = valid && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out minimum);
        if (valid && parts.Length == 1)
            maximum = minimum;
        else if (valid && parts[1].Length > 0)
            valid = int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out maximum);
        if (!valid || maximum < minimum || maximum == 0)
            throw Refuse("a quantifier other than ?, *, +, {n}, {n,} and {n,m}");
        _position = end + 1;
        return (minimum, maximum);
    }

    private CodePointSet Class(bool ignoreCase)
    {
        bool negated = Skip("^");
        List<CodePointSet> sets = [];
        bool first = true;
        while (!AtEnd && (_pattern[_position] != ']' || first))
        {
            if (_pattern[_position] == '[' || _pattern.AsSpan(_position).StartsWith("&&", StringComparison.Ordinal))
                throw Refuse("a class inside a class");
            first = false;
            CodePointSet set = Member(ignoreCase);
            if (set is RangeSet from && IsRange())
            {
                _position++;
                if (ignoreCase || Member(ignoreCase: false) is not RangeSet to || to.First < from.First)
                    throw Refuse(ignoreCase ? "a range in a case-insensitive group" : "a range that does not end in a later character");
                set = new RangeSet(from.First, to.Last);
            }
            sets.Add(set);
        }
        if (!Skip("]"))
            throw Refuse("a class without its ']'");
        CodePointSet members = sets.Count == 1 ? sets[0] : new UnionSet(sets);
        return negated ? new ComplementSet(members) : members;
    }

    private bool IsRange() => _position + 1 < _pattern.Length && _pattern[_position] == '-' && _pattern[_position + 1] != ']';

    private CodePointSet Member(bool ignoreCase) =>
        AtEnd ? throw Refuse("a class without its ']'") : _pattern[_position] == '\\' ? Escape(ignoreCase) : Literal(ignoreCase);

    private CodePointSet Literal(bool ignoreCase)
    {
        int codePoint = CodePoint.At(_pattern, _position, out int length);
        _position += length;
        return Character(codePoint, ignoreCase);
    }

    private CodePointSet Character(int codePoint, bool ignoreCase) =>
        CodePointSet.Character(codePoint, ignoreCase) ?? throw Refuse($"'{new Rune(codePoint)}' in a case-insensitive group");

    private CodePointSet Escape(bool ignoreCase)
    {
        if (++_position == _pattern.Length)
            throw Refuse("a '\\' at the end");
        char name = _pattern[_position++];
        return name switch
        {
            's' => CodePointSet.WhiteSpace,
            'S' => new ComplementSet(CodePointSet.WhiteSpace),
            'd' => CodePointSet.Digits,
            'D' => new ComplementSet(CodePointSet.Digits),
            'w' => CodePointSet.Word,
            'W' => new ComplementSet(CodePointSet.Word),
            'p' => Property(),
            'P' => new ComplementSet(Property()),
            'r' => new RangeSet('\r', '\r'),
            'n' => new RangeSet('\n', '\n'),
            't' => new RangeSet('\t', '\t'),
            'f' => new RangeSet('\f', '\f'),
            'v' => new RangeSet('\v', '\v'),
            'x' => Hexadecimal(2),
            'u' => Hexadecimal(4),
            _ when char.IsAscii(name) && !char.IsAsciiLetterOrDigit(name) => Character(name, ignoreCase),
            _ => throw Refuse($"'\\{name}'"),
        };
    }

    private CodePointSet Property()
    {
        int end = Skip("{") ? _pattern.IndexOf('}', _position) : -1;
        if (end < 0)
            throw Refuse("a property without its name in braces");
        string name = _pattern[_position..end];
        _position = end + 1;
        return name.StartsWith('^')
            ? new ComplementSet(CodePointSet.Category(name[1..]) ?? throw Refuse($"the property '{name}'"))
            : CodePointSet.Category(name) ?? throw Refuse($"the property '{name}'");
    }

    private RangeSet Hexadecimal(int digits)
    {
        ReadOnlySpan<char> code = _pattern.AsSpan(_position, Math.Min(digits, _pattern.Length - _position));
        bool parsed = int.TryParse(code, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int codePoint);
        if (!parsed || code.Length < digits || !Rune.IsValid(codePoint))
            throw Refuse($"a code that is not {digits} hexadecimal digits");
        _position += digits;
        return new RangeSet(codePoint, codePoint);
    }

    private bool Skip(string text)
    {
        if (!_pattern.AsSpan(_position).StartsWith(text, StringComparison.Ordinal))
            return false;
        _position += text.Length;
        return true;
    }

    private NotSupportedException Refuse(string what) =>
        new($"The split pattern '{_pattern}' has {what} at position {_position}, which this library does not know.");
}
