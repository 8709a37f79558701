using System.Text.RegularExpressions;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class SplitPatternTests
{
    private const string Qwen = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Tekken =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt4o =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // Letters of every kind, digits, spaces, line ends, marks and signs; all in the first plane, where .NET's Regex is right too.
    private static readonly Gen<string> Text = Gen
        .Char["aAbB'sSdDlLtTrReEvVmM019٣½ \t\n\r\u0085\u00A0\u3000éÉǅʰ漢かक\u0301.,!/_-"]
        .Array[0, 40]
        .Select(units => new string(units));

    [Theory]
    [InlineData(Qwen)]
    [InlineData(Llama3)]
    [InlineData(Gpt2)]
    [InlineData(Tekken)]
    [InlineData(Gpt4o)]
    [InlineData(@"\w+|[^\w\s]+")]
    [InlineData(@"a(?=b)|(?:b|s[dl]?)t|[^\S\n]{2,3}|(r|re|rev)e")]
    public void Inside_the_first_plane_matches_are_those_of_Regex(string pattern)
    {
        SplitPattern split = new(pattern);
        Regex regex = new(pattern, RegexOptions.CultureInvariant);
        Text.Sample(text => Matches(split, text).SequenceEqual(regex.Matches(text).Select(match => (match.Index, match.Length))), iter: 2000);
    }

    [Fact]
    public void Characters_beyond_the_first_plane_are_single_characters()
    {
        Matches(new SplitPattern(Llama3), "𝟏𝟐𝟑𝟒x𝒜𝒷").Should().Equal((0, 6), (6, 2), (8, 5));
        Matches(new SplitPattern(@"[𝟏-𝟑]{2}"), "𝟏𝟐𝟑𝟒").Should().Equal((0, 4));
        Matches(new SplitPattern(@"\p{So}+"), "😀\uD83D!").Should().Equal((0, 3));
    }

    [Fact]
    public void Case_is_ignored_as_Unicode_folds_it() =>
        Matches(new SplitPattern("(?i:'s)"), "'s'S'ſ'z").Should().Equal((0, 2), (2, 2), (4, 2));

    [Theory]
    [InlineData("a*?b", "lazy")]
    [InlineData("a++b", "lazy, possessive")]
    [InlineData("(ab)+", "repeated group")]
    [InlineData("^a", "'^'")]
    [InlineData("a$", "'$'")]
    [InlineData(".", "'.'")]
    [InlineData(@"\bword", @"'\b'")]
    [InlineData(@"\p{Greek}", "'Greek'")]
    [InlineData(@"(?<!a)b", "'(?<!'")]
    [InlineData("(?i:é)", "'é'")]
    [InlineData("[a-z&&[b]]", "class inside a class")]
    [InlineData("[z-a]", "range")]
    [InlineData("[ab", "']'")]
    [InlineData("(ab", "')'")]
    [InlineData("ab)", "')'")]
    [InlineData("a{2,1}", "quantifier")]
    [InlineData("a{x}", "quantifier")]
    [InlineData("a*", "empty text")]
    [InlineData("a|", "empty text")]
    [InlineData(@"(?=a)", "empty text")]
    [InlineData("\\", "at the end")]
    [InlineData(@"\x{41}", "hexadecimal")]
    public void What_is_not_known_is_refused_by_name(string pattern, string named) =>
        FluentActions.Invoking(() => new SplitPattern(pattern)).Should().Throw<NotSupportedException>().WithMessage($"*{named}*");

    [Fact]
    public void Patterns_out_of_proportion_are_refused()
    {
        FluentActions.Invoking(() => new SplitPattern(new string('a', 2000))).Should().Throw<NotSupportedException>().WithMessage("*2000*");
        FluentActions.Invoking(() => new SplitPattern(new string('(', 500))).Should().Throw<NotSupportedException>().WithMessage("*deep*");
        FluentActions.Invoking(() => new SplitPattern(string.Concat(Enumerable.Range(0x4E00, 80).Select(unit => (char)unit))))
            .Should().Throw<NotSupportedException>().WithMessage("*64*");
    }

    [Fact]
    public void A_match_that_takes_steps_without_end_is_stopped()
    {
        SplitPattern pattern = new(string.Concat(Enumerable.Repeat("a*", 30)) + "b");
        FluentActions.Invoking(() => Matches(pattern, new string('a', 5000))).Should().Throw<InvalidDataException>().WithMessage("*steps*");
        SplitPattern branching = new(string.Concat(Enumerable.Repeat("(a|a|b)?", 60)) + "c");
        FluentActions.Invoking(() => Matches(branching, new string('a', 100))).Should().Throw<InvalidDataException>().WithMessage("*steps*");
    }

    private static List<(int Start, int Length)> Matches(SplitPattern pattern, string text)
    {
        List<(int Start, int Length)> matches = [];
        long steps = SplitPattern.StepLimit(text.Length);
        for (int position = 0; position < text.Length;)
        {
            int end = pattern.Match(text, position, ref steps);
            if (end >= 0)
                matches.Add((position, end - position));
            position = end >= 0 ? end : position + 1;
        }
        return matches;
    }
}
