using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class StopStringMatcherTests
{
    private static readonly Gen<string> Texts = Gen.Char["aab"].Array[0, 30].Select(units => new string(units));

    [Fact]
    public void Texts_are_cut_before_the_first_stop_string_however_they_are_divided()
    {
        Gen.Select(Texts.Array[0, 8], Gen.Char["aab"].Array[1, 5].Select(units => new string(units)).Array[0, 4]).Sample((pieces, stops) =>
        {
            var matcher = new StopStringMatcher(stops);
            string text = string.Concat(pieces), found = string.Concat(pieces.Select(matcher.Append)) + matcher.Flush(), expected = Cut(text, stops);
            return found == expected && matcher.Stopped == (expected != text || stops.Any(text.EndsWith) || stops.Any(text.Contains));
        }, iter: 5_000);
    }

    [Fact]
    public void Only_what_may_begin_a_stop_string_is_held_back()
    {
        Gen.Select(Texts, Texts.Where(stop => stop.Length > 0)).Sample((text, stop) =>
        {
            string shown = new StopStringMatcher([stop]).Append(text), cut = Cut(text, [stop]);
            string held = cut[shown.Length..];
            return cut.StartsWith(shown, StringComparison.Ordinal)
                && (cut.Length < text.Length
                    ? held.Length == 0
                    : stop.StartsWith(held, StringComparison.Ordinal) || text.EndsWith(stop, StringComparison.Ordinal));
        }, iter: 5_000);
    }

    [Fact]
    public void The_one_that_is_complete_first_counts_and_at_one_place_the_longest()
    {
        Append(["abcd", "bc"], "xabcd").Should().Be("xa");
        Append(["c", "abc"], "xabcd").Should().Be("x");
        Append(["abc", "ab"], "xabc").Should().Be("x");
    }

    [Fact]
    public void A_stop_string_longer_than_the_text_holds_it_back_to_the_end()
    {
        var matcher = new StopStringMatcher(["abcabcabd"]);
        (matcher.Append("abc") + matcher.Append("abc")).Should().BeEmpty();
        matcher.Append("abc").Should().Be("abc", "the rest may still begin one");
        matcher.Flush().Should().Be("abcabc");
        matcher.Stopped.Should().BeFalse();
    }

    private static string Append(string[] stops, string text)
    {
        var matcher = new StopStringMatcher(stops);
        return matcher.Append(text) + matcher.Append("more") + matcher.Flush();
    }

    /// <summary>The definition: at the first end of a stop string, the longest that ends there.</summary>
    private static string Cut(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
            if (stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length) is { } stop)
                return text[..(end - stop.Length)];
        return text;
    }
}
