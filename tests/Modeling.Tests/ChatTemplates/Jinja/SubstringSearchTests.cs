using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class SubstringSearchTests
{
    private static readonly Gen<string> Text = Gen.Char["ab"].Array[0, 12].Select(units => new string(units));

    [Fact]
    public void Places_are_those_that_a_plain_search_finds() => Gen
        .Select(Text, Gen.Char["ab"].Array[1, 3].Select(units => new string(units)))
        .Sample((text, part) =>
        {
            List<int> expected = [];
            for (int at = 0; at + part.Length <= text.Length;)
                if (text.AsSpan(at).StartsWith(part))
                {
                    expected.Add(at);
                    at += part.Length;
                }
                else
                    at++;
            SubstringSearch.All(Templates.State(), text, part, 0, text.Length).Should().Equal(expected);
            SubstringSearch.Find(Templates.State(), text, part, 0, text.Length).Should().Be(text.IndexOf(part, StringComparison.Ordinal));
            SubstringSearch.FindLast(Templates.State(), text, part, 0, text.Length).Should().Be(text.LastIndexOf(part, StringComparison.Ordinal));
            SubstringSearch.AllFromRight(Templates.State(), text, part).Should().HaveSameCount(expected).And.BeInDescendingOrder();
        });

    [Fact]
    public void Half_a_character_is_not_found_in_a_whole_one()
    {
        SubstringSearch.Contains(Templates.State(), "a😀b", "\uDE00").Should().BeFalse();
        SubstringSearch.FindLast(Templates.State(), "a😀b\uD83D", "\uD83D", 0, 5).Should().Be(4);
        SubstringSearch.All(Templates.State(), "a😀b", "", 0, 4).Should().Equal(0, 1, 3, 4);
    }

    [Fact]
    public void A_search_that_takes_long_is_counted()
    {
        string text = new('a', 2_000_000);
        JinjaState state = Templates.State();
        FluentActions.Invoking(() =>
        {
            for (int i = 0; i < 1000; i++)
                SubstringSearch.Contains(state, text, text[..1_000_000] + "b");
        }).Should().Throw<JinjaException>().WithMessage("*out of proportion*");
    }
}
