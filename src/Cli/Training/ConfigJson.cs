using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>How configurations are written in JSON: the options' own names in snake_case, whatever options there are.</summary>
internal static class ConfigJson
{
    /// <summary>What is said in the place of an option that the command itself decides on; null for all others.</summary>
    public static string? Elsewhere(string path) => path switch
    {
        "options.output_folder" => "it is \"output\", beside \"options\"",
        "options.resume" => "it is the argument --resume",
        "options.reward_weights" => "it is the \"weight\" of each \"reward\"",
        _ when path.EndsWith("_column_name", StringComparison.Ordinal) || path.EndsWith("_column_names", StringComparison.Ordinal) =>
            "columns are the command's own matter",
        _ => null,
    };

    /// <summary>How values are read and written.</summary>
    public static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false), new LayerSelectionConverter() },
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { Hide } },
    };

    /// <summary>Reads a file; comments and commas after the last element are allowed, since people write it.</summary>
    /// <exception cref="InvalidDataException">It is no JSON object, or has a name twice.</exception>
    public static JsonObject Read(string path)
    {
        if (Directory.Exists(path))
            throw new InvalidDataException($"--config is '{path}', which is a folder: expected a file. A run has its configuration in {RunFolder.ConfigName}.");
        try
        {
            var rules = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };
            return JsonNode.Parse(File.ReadAllText(path), documentOptions: rules) as JsonObject
                ?? throw new InvalidDataException($"'{path}' holds no JSON object.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{path}' is no JSON: {JsonErrors.Describe(exception)}", exception);
        }
    }

    /// <summary>A configuration with all its defaults.</summary>
    public static string Write(TrainConfig config) => JsonSerializer.Serialize(config, config.GetType(), Format) + "\n";

    private static void Hide(JsonTypeInfo type)
    {
        string owner = type.Type.IsAssignableTo(typeof(TrainingOptions)) ? "options." : "";
        for (int i = type.Properties.Count - 1; i >= 0; i--)
            if (Elsewhere(owner + type.Properties[i].Name) is not null) type.Properties.RemoveAt(i);
    }
}
