using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Compares a tokenizer with the cases of a file that says what Hugging Face's tokenizers makes of texts and ids.</summary>
internal static class TokenizerCases
{
    public static void CheckEncoding(Tokenizer tokenizer, string path) => ForEach(path, ["text", "ids"], (item, mismatches) =>
    {
        string text = item.GetProperty("text").GetString()!;
        bool addSpecial = item.GetProperty("add_special_tokens").GetBoolean();
        bool allowSpecial = !item.TryGetProperty("split_special_tokens", out JsonElement split) || !split.GetBoolean();
        int[] ids = Ids(item.GetProperty("ids"));
        TokenEncoding encoding = tokenizer.EncodeWithOffsets(text, addSpecial, allowSpecial);

        mismatches.Compare("ids", ids, tokenizer.Encode(text, addSpecial, allowSpecial));
        mismatches.Compare("ids again, from the cache", ids, tokenizer.Encode(text, addSpecial, allowSpecial));
        mismatches.Compare("ids with offsets", ids, encoding.Ids);
        mismatches.Compare("tokens", item.GetProperty("tokens").EnumerateArray().Select(token => token.GetString()!), encoding.Tokens);
        JsonElement offsets = item.GetProperty("offsets");
        if (offsets.ValueKind == JsonValueKind.Array)
            mismatches.Compare("offsets", offsets.EnumerateArray().Select(pair => (pair[0].GetInt32(), pair[1].GetInt32())), encoding.Offsets);
        mismatches.Compare(
            "offsets inside the text", [true],
            [encoding.Offsets.All(range => 0 <= range.Start && range.Start <= range.End && range.End <= text.Length)]);
    });

    public static void CheckDecoding(Tokenizer tokenizer, string path) => ForEach(path, ["decoded", "ids"], (item, mismatches) =>
    {
        int[] ids = Ids(item.GetProperty("ids"));
        mismatches.Compare("decoded", [item.GetProperty("decoded").GetString()!], [tokenizer.Decode(ids)]);
        mismatches.Compare("decoded without special tokens", [item.GetProperty("decoded_skip").GetString()!], [tokenizer.Decode(ids, skipSpecialTokens: true)]);
    });

    public static void CheckStreaming(Tokenizer tokenizer, string path) => ForEach(path, ["stream"], (item, mismatches) =>
    {
        StreamingDecoder decoder = tokenizer.CreateStreamingDecoder();
        string soFar = "";
        bool wellFormed = true;
        int[] ids = [];
        foreach (JsonElement step in item.GetProperty("stream").EnumerateArray())
        {
            ids = Ids(step[0]);
            soFar += decoder.Append(ids[^1]);
            mismatches.Compare($"decoded after {ids.Length}", [step[1].GetString()!], [tokenizer.Decode(ids)]);
            // null: the reference gave up on an ill-formed sequence; ours goes on.
            wellFormed &= step[2].ValueKind == JsonValueKind.String;
            if (wellFormed)
                mismatches.Compare($"streamed after {ids.Length}", [step[2].GetString()!], [soFar]);
        }
        string whole = tokenizer.Decode(ids);
        // A last byte can still make what was given out ill-formed.
        if (wellFormed && whole.StartsWith(soFar, StringComparison.Ordinal))
            mismatches.Compare("streamed to the end", [whole], [soFar + decoder.Flush()]);
    });

    /// <summary>The TextStreamer of transformers, put on our decoding, prints what it prints there.</summary>
    public static void CheckTextStreamer(Tokenizer tokenizer, string path) => ForEach(path, ["stream", "streamer_end"], (item, mismatches) =>
    {
        TextStreamer streamer = new(tokenizer);
        foreach (JsonElement step in item.GetProperty("stream").EnumerateArray())
        {
            streamer.Put(Ids(step[0])[^1]);
            mismatches.Compare("printed", [step[3].GetString()!], [streamer.Printed]);
        }
        streamer.End();
        mismatches.Compare("printed at the end", [item.GetProperty("streamer_end").GetString()!], [streamer.Printed]);
    });

    private static void ForEach(string path, string[] keys, Action<JsonElement, Mismatches> check)
    {
        Mismatches mismatches = new();
        int count = 0;
        foreach (string line in File.ReadLines(path))
        {
            JsonElement item = JsonDocument.Parse(line).RootElement;
            if (!keys.All(key => item.TryGetProperty(key, out _)))
                continue;
            count++;
            mismatches.Case = line.Length <= 300 ? line : line[..300];
            check(item, mismatches);
        }
        count.Should().BePositive();
        mismatches.Found.Should().BeEmpty();
    }

    private static int[] Ids(JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetInt32())];

    private sealed class Mismatches
    {
        public List<string> Found { get; } = [];

        public string Case { get; set; } = "";

        public void Compare<T>(string what, IEnumerable<T> expected, IEnumerable<T> actual)
        {
            if (Found.Count < 10 && !expected.SequenceEqual(actual))
                Found.Add($"{what}: expected [{string.Join(", ", expected)}], found [{string.Join(", ", actual)}] in {Case}");
        }
    }

    /// <summary>Prints up to the last space, or all after a line feed or a CJK ideograph.</summary>
    private sealed class TextStreamer(Tokenizer tokenizer)
    {
        private readonly List<int> _ids = [];
        private int _printedOfIds;

        public string Printed { get; private set; } = "";

        public void Put(int id)
        {
            _ids.Add(id);
            string text = tokenizer.Decode([.. _ids]);
            bool whole = text.EndsWith('\n')
                || (text.Length > 0 && IsIdeograph(CodePoint.At(text, text.Length - CodePoint.LengthBefore(text, text.Length), out _)));
            Print(text, whole ? text.Length : text.LastIndexOf(' ') + 1);
            if (text.EndsWith('\n'))
                Restart();
        }

        public void End()
        {
            string text = tokenizer.Decode([.. _ids]);
            Print(text, text.Length);
            Restart();
        }

        private void Restart()
        {
            _ids.Clear();
            _printedOfIds = 0;
        }

        private void Print(string text, int end)
        {
            if (end <= _printedOfIds)
                return;
            Printed += text[_printedOfIds..end];
            _printedOfIds = end;
        }

        private static bool IsIdeograph(int codePoint) => codePoint
            is (>= 0x4E00 and <= 0x9FFF)
            or (>= 0x3400 and <= 0x4DBF)
            or (>= 0x20000 and <= 0x2A6DF)
            or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F)
            or (>= 0x2B820 and <= 0x2CEAF)
            or (>= 0xF900 and <= 0xFAFF)
            or (>= 0x2F800 and <= 0x2FA1F);
    }
}
