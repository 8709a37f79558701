using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Character classes hold the code points that Hugging Face's tokenizers sees in them.</summary>
public sealed class CodePointSetGoldenTests
{
    [Theory]
    [InlineData("L", @"\p{L}")]
    [InlineData("N", @"\p{N}")]
    [InlineData("s", @"\s")]
    [InlineData("Lu", @"\p{Lu}")]
    [InlineData("Lt", @"\p{Lt}")]
    [InlineData("Lm", @"\p{Lm}")]
    [InlineData("Lo", @"\p{Lo}")]
    [InlineData("Ll", @"\p{Ll}")]
    [InlineData("M", @"\p{M}")]
    [InlineData("ignore_case_smtd", "(?i:[smtd])")]
    [InlineData("Digits", PreTokenizerParser.DigitPattern)]
    public void A_class_holds_the_reference_code_points(string key, string pattern)
    {
        JsonElement classes = Golden.Json("tokenizers", "char-classes.json");
        HashSet<int> expected = [.. Expand(classes.GetProperty(key))];
        SplitPattern split = new(pattern);
        Outside(expected, codePoint => Matches(split, codePoint)).Should().BeEmpty();
    }

    private static bool Matches(SplitPattern pattern, int codePoint)
    {
        string text = char.ConvertFromUtf32(codePoint);
        long steps = SplitPattern.StepLimit(text.Length);
        return pattern.Match(text, 0, ref steps) == text.Length;
    }

    private static List<string> Outside(HashSet<int> expected, Func<int, bool> contains) =>
        [.. Enumerable.Range(0, 0x110000).Where(codePoint => codePoint is < 0xD800 or > 0xDFFF && contains(codePoint) != expected.Contains(codePoint))
            .Select(codePoint => $"U+{codePoint:X4} expected {expected.Contains(codePoint)}")];

    private static IEnumerable<int> Expand(JsonElement ranges) =>
        ranges.EnumerateArray().SelectMany(range => Enumerable.Range(range[0].GetInt32(), range[1].GetInt32() - range[0].GetInt32() + 1));
}
