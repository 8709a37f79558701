using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Tokenizer files that tests write by hand.</summary>
internal static class TokenizerJson
{
    /// <summary>A tokenizer of these files: tokenizer.json from its text, tokenizer_config.json where it is given.</summary>
    public static Tokenizer Load(string definition, string? config = null) => Tokenizer.FromPretrained(Source(Encoding.UTF8.GetBytes(definition), config));

    public static ICheckpointSource Source(byte[] definition, string? config = null) =>
        new MemorySource(definition, config is null ? null : Encoding.UTF8.GetBytes(config));

    /// <summary>A word-level tokenizer whose words are numbered in their order; with keys of tokenizer.json in place of its own.</summary>
    public static string WordLevel(string[] words, params (string Key, string Json)[] changes) =>
        With(
            $$$"""{"added_tokens":[],"pre_tokenizer":{"type":"WhitespaceSplit"},"model":{"type":"WordLevel","unk_token":"<unk>","vocab":{{{Vocabulary(words)}}}}}""",
            changes);

    /// <summary>A byte-pair encoding whose tokens are numbered in their order, with merges written "left right".</summary>
    public static string Bpe(string[] tokens, string[] merges, params (string Key, string Json)[] changes) =>
        With(
            $$$"""{"added_tokens":[],"decoder":{"type":"Fuse"},"model":{"type":"BPE","vocab":{{{Vocabulary(tokens)}}},"merges":{{{JsonSerializer.Serialize(merges)}}}}}""",
            changes);

    /// <summary>The same text with other values; <c>model.</c> before a key means the model's.</summary>
    public static string With(string definition, params (string Key, string Json)[] changes)
    {
        JsonObject root = JsonNode.Parse(definition)!.AsObject();
        foreach ((string key, string json) in changes)
        {
            bool ofModel = key.StartsWith("model.", StringComparison.Ordinal);
            (ofModel ? root["model"]!.AsObject() : root)[ofModel ? key["model.".Length..] : key] = JsonNode.Parse(json);
        }
        return root.ToJsonString();
    }

    public static string AddedToken(
        int id, string content,
        bool special = true, bool normalized = false,
        bool left = false, bool right = false, bool singleWord = false) =>
        JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["id"] = id,
            ["content"] = content,
            ["special"] = special,
            ["normalized"] = normalized,
            ["lstrip"] = left,
            ["rstrip"] = right,
            ["single_word"] = singleWord,
        });

    private static string Vocabulary(string[] tokens) =>
        JsonSerializer.Serialize(tokens.Select((token, id) => (token, id)).ToDictionary(entry => entry.token, entry => entry.id));

    private sealed class MemorySource(byte[] definition, byte[]? config) : ICheckpointSource
    {
        public string Location => "memory";

        public bool Exists(string file) => file == "tokenizer.json" || (file == "tokenizer_config.json" && config is not null);

        public Stream OpenRead(string file) => new MemoryStream(file == "tokenizer.json" ? definition : config!);
    }
}
