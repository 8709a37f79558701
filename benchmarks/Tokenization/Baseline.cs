using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace MLNetAttn.Benchmarks;

/// <summary>Microsoft.ML.Tokenizers on a byte-level tokenizer.json with one split pattern: without normalization and added tokens, which plain English does not
/// need.</summary>
internal static class Baseline
{
    public static BpeTokenizer Load(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement model = document.RootElement.GetProperty("model");
        string pattern = document.RootElement
            .GetProperty("pre_tokenizer")
            .GetProperty("pretokenizers")[0]
            .GetProperty("pattern")
            .GetProperty("Regex")
            .GetString()!;
        return BpeTokenizer.Create(new BpeOptions(
            model.GetProperty("vocab").EnumerateObject().Select(entry => KeyValuePair.Create(entry.Name, entry.Value.GetInt32())))
        {
            Merges = [.. model.GetProperty("merges").EnumerateArray().Select(Merge)],
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(new Regex(pattern, RegexOptions.Compiled | RegexOptions.CultureInvariant), specialTokens: null),
        });
    }

    private static string Merge(JsonElement merge) =>
        merge.ValueKind == JsonValueKind.String ? merge.GetString()! : $"{merge[0].GetString()} {merge[1].GetString()}";
}
