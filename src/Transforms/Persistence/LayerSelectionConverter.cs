using System.Text.Json;
using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Layers in JSON: <c>"middle"</c>, <c>"all"</c>, <c>"top"</c>, <c>"bottom"</c>, or <c>"3,5,7"</c>.</summary>
internal sealed class LayerSelectionConverter : JsonConverter<LayerSelection>
{
    /// <inheritdoc/>
    public override LayerSelection Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        string? text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        try
        {
            return LayerSelection.Parse(text ?? "");
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            throw new JsonException($"'{text}' is no selection of layers.", exception);
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, LayerSelection value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
