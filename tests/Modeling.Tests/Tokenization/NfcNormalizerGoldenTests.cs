using System.Globalization;
using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Normalization form C changes what Hugging Face's tokenizers changes, and nothing else.</summary>
public sealed class NfcNormalizerGoldenTests
{
    private static readonly NfcNormalizer Nfc = new();

    [Fact]
    public void Every_code_point_alone_becomes_what_the_reference_makes_of_it()
    {
        Dictionary<int, string> changed = Golden.Json("tokenizers", "char-classes.json").GetProperty("nfc_single").EnumerateObject().ToDictionary(
            entry => int.Parse(entry.Name, NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            entry => string.Concat(entry.Value.GetString()!.Split(' ')
                .Select(code => char.ConvertFromUtf32(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))));
        changed.Should().NotBeEmpty();
        List<string> different = [];
        for (int codePoint = 0; codePoint < 0x110000; codePoint++)
        {
            if (codePoint is >= 0xD800 and <= 0xDFFF)
                continue;
            string text = char.ConvertFromUtf32(codePoint);
            if (Nfc.Normalize(text) != changed.GetValueOrDefault(codePoint, text))
                different.Add($"U+{codePoint:X4}");
        }
        different.Should().BeEmpty();
    }

    [Fact]
    public void Marks_that_the_reference_does_not_know_are_not_put_in_order()
    {
        foreach (int mark in CodePoints("nfc_ccc_treated_as_0"))
        {
            string text = $"e{char.ConvertFromUtf32(mark)}\u0334";
            Nfc.Normalize(text).Should().Be(text);
        }
    }

    private static IEnumerable<int> CodePoints(string key)
    {
        JsonElement ranges = Golden.Json("tokenizers", "char-classes.json").GetProperty(key);
        return ranges.EnumerateArray().SelectMany(range => Enumerable.Range(range[0].GetInt32(), range[1].GetInt32() - range[0].GetInt32() + 1));
    }
}
