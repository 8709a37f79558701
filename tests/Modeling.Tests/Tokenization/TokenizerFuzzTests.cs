using System.Text;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

/// <summary>
/// Damaged tokenizer files are refused with a clear error or work; no text crashes a tokenizer. A run outside CI takes MLNETATTN_FUZZ, the
/// number of mutated files.
/// </summary>
public sealed class TokenizerFuzzTests
{
    private static readonly int Files = int.TryParse(Environment.GetEnvironmentVariable("MLNETATTN_FUZZ"), out int count) ? count : 200;

    private static readonly string[] Names = ["bytelevel-qwen", "bytelevel-llama3", "sentencepiece-bpe"];

    // Text of each kind that a rule somewhere looks at, and halves of surrogate pairs.
    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.Char["abcXYZ '\"s\n\r\t0129<|>im_start▁Ġ\u0301\u0323é漢\uFFFD\u0000\u200D"],
        Gen.Char['\uD7F0', '\uE00F'],
        Gen.Char).Array[0, 60].Select(units => new string(units));

    private static readonly string[] Snippets =
    [
        "null", "-1", "1e99", "2147483648", "\"\\ud800\"", "{}", "[]", "true", "\"\"",
        "\"type\":\"Sequence\",", "\"type\":\"Replace\",", "\"Metaspace\"", "\"WordLevel\"", "\"Digits\"",
        "\\p{L}", "(?i:", "{2,}", "\"merges\":", "\"vocab\":",
        "\"normalized\":true", "\"lstrip\":true", "\"single_word\":true", "\u00ff", "\"byte_fallback\":true", "\"ignore_merges\":true",
    ];

    [Fact]
    public void A_damaged_file_is_refused_or_works()
    {
        byte[][] originals = [.. Names.Select(name => File.ReadAllBytes(Path.Combine(Folder(name), Tokenizer.FileName)))];
        Gen.Select(Gen.Int[0, originals.Length - 1], Gen.Int[0, int.MaxValue], Text).Sample(
            (original, seed, text) =>
            {
                byte[] damaged = Damage(originals[original], new Random(seed));
                try
                {
                    Use(Tokenizer.FromPretrained(TokenizerJson.Source(damaged)), text);
                }
                catch (Exception exception) when (exception is InvalidDataException or NotSupportedException or ArgumentException { ParamName: "word" })
                {
                    exception.Message.Should().NotBeNullOrWhiteSpace();
                }
            },
            iter: Files);
    }

    [Fact]
    public void No_text_crashes_a_tokenizer()
    {
        Tokenizer[] tokenizers = [.. Names.Select(name => Tokenizer.FromPretrained(Folder(name)))];
        Gen.Select(Gen.Int[0, tokenizers.Length - 1], Text).Sample((index, text) => Use(tokenizers[index], text), iter: 5 * Files);
    }

    private static string Folder(string name) => Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", name);

    private static void Use(Tokenizer tokenizer, string text)
    {
        int[] ids = tokenizer.Encode(text);
        TokenEncoding encoding = tokenizer.EncodeWithOffsets(text);
        encoding.Ids.SequenceEqual(ids).Should().BeTrue();
        encoding.Offsets.Any(range => range.Start < 0 || range.Start > range.End || range.End > text.Length).Should().BeFalse();
        tokenizer.Decode(ids, skipSpecialTokens: true).Should().NotBeNull();
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        foreach (int id in ids)
            decoder.Append(id);
        decoder.Flush();
    }

    /// <summary>Changes, removes, doubles or puts in a few bytes; mostly outside the long vocabulary, where the rules are.</summary>
    private static byte[] Damage(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        int rules = Encoding.UTF8.GetString(original).IndexOf("\"vocab\"", StringComparison.Ordinal);
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int at = random.Next(random.Next(4) == 0 ? bytes.Count : Math.Min(rules, bytes.Count));
            int length = Math.Min(random.Next(1, 12), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 3:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Snippets[random.Next(Snippets.Length)]));
                    break;
                case 4:
                    int digit = bytes.FindIndex(at, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                        bytes[digit] = (byte)random.Next('0', '9' + 1);
                    break;
                default:
                    // A value becomes another one, so that the file stays well-formed more often.
                    int colon = bytes.IndexOf((byte)':', at);
                    int end = colon < 0 ? -1 : bytes.FindIndex(colon, value => value is (byte)',' or (byte)'}');
                    if (end > colon + 1)
                    {
                        bytes.RemoveRange(colon + 1, end - colon - 1);
                        bytes.InsertRange(colon + 1, Encoding.UTF8.GetBytes(Snippets[random.Next(Snippets.Length)]));
                    }
                    break;
            }
            if (bytes.Count == 0)
                break;
        }
        return [.. bytes];
    }
}
