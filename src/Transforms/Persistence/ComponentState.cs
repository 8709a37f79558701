using System.Text.Json;
using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>The form of a component's state in the zip: JSON, so that a person can read it and a later version can add to it.</summary>
internal static class ComponentState
{
    public const string FileName = "State.json";

    /// <summary>Of checkpoints too.</summary>
    public static JsonSerializerOptions Format { get; } = new()
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        // A setting of a later version that was left out would give other numbers without a word.
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(), new LayerSelectionConverter() },
    };

    public static string Serialize<TState>(TState state) => JsonSerializer.Serialize(state, Format);

    /// <param name="json">The text; null if the zip has none.</param>
    /// <param name="folder">Where in the zip it was looked for.</param>
    /// <exception cref="InvalidDataException">There is none, or it is damaged.</exception>
    public static TState Deserialize<TState>(string? json, string folder)
    {
        if (json is null) throw new InvalidDataException($"The model zip has no '{folder}/{FileName}': it is incomplete.");
        try
        {
            return JsonSerializer.Deserialize<TState>(json, Format) ?? throw new InvalidDataException($"'{folder}/{FileName}' of the model zip holds null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"'{folder}/{FileName}' of the model zip cannot be read: {JsonErrors.Describe(exception)} It is damaged, or a later version saved it.", exception);
        }
    }
}
