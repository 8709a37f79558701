using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Values as JSON.</summary>
internal static class JsonText
{
    // Text stays readable: the output is no part of a web page.
    private static readonly JsonSerializerOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Line(JsonNode row) => row.ToJsonString(Format);

    public static JsonArray Numbers(IEnumerable<int> values) => [.. values.Select(value => (JsonNode)value)];

    /// <summary>What is undefined is null.</summary>
    public static JsonArray Numbers(IEnumerable<float> values) => [.. values.Select(value => float.IsFinite(value) ? (JsonNode)value : null)];

    public static JsonArray Texts(IEnumerable<string> values) => [.. values.Select(value => (JsonNode)value)];

    /// <summary>Heads as pairs of layer and head.</summary>
    public static JsonArray? Heads(IEnumerable<HeadIndex>? heads) =>
        heads is null ? null : [.. heads.Select(head => (JsonNode)new JsonArray(head.Layer, head.Head))];
}
