using System.Text.Json;
using System.Text.Json.Nodes;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>What a checkpoint holds beside weights: where the run stands, and what run it is.</summary>
/// <param name="Version">Of this format.</param>
/// <param name="Run">What run it is.</param>
/// <param name="Point">Where the run stands.</param>
/// <param name="Updates">Updates done.</param>
/// <param name="Evaluations">How evaluations went.</param>
/// <param name="Trainer">The trainer's own state.</param>
/// <param name="Platform">What it was computed on; null in checkpoints of earlier versions.</param>
internal sealed record TrainingState(
    int Version, RunIdentity Run, CheckpointStore.Point Point, int Updates, Evaluations Evaluations,
    JsonNode Trainer, ComputePlatform? Platform = null)
{
    /// <summary>The format that is written.</summary>
    public const int CurrentVersion = 2;

    public const string FileName = "trainer_state.json";

    /// <summary>As JSON, in the form of checkpoints.</summary>
    public static JsonNode ToNode(object value) => JsonSerializer.SerializeToNode(value, value.GetType(), ComponentState.Format)!;

    /// <summary>Back from it.</summary>
    /// <exception cref="InvalidDataException">It holds something else.</exception>
    public static object FromNode(JsonNode node, Type type, string location)
    {
        try
        {
            return node.Deserialize(type, ComponentState.Format) ?? throw new InvalidDataException($"{location}: the trainer's state is null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{location}: the trainer's state cannot be read: {JsonErrors.Describe(exception)}", exception);
        }
    }

    /// <summary>Writes it.</summary>
    public void Save(ICheckpointTarget target)
    {
        using Stream stream = target.Create(FileName);
        JsonSerializer.Serialize(stream, this, ComponentState.Format);
    }

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="InvalidOperationException">It is of another version.</exception>
    public static TrainingState Load(ICheckpointSource source)
    {
        string location = CheckpointFiles.Locate(source, FileName);
        try
        {
            using Stream stream = source.OpenRead(FileName);
            // The version first: another one has other members.
            JsonNode state = JsonNode.Parse(stream) ?? throw new InvalidDataException($"{location}: it holds null.");
            string version = (state as JsonObject)?[nameof(Version)]?.ToJsonString() ?? "missing";
            return version == $"{CurrentVersion}"
                ? state.Deserialize<TrainingState>(ComponentState.Format)!
                : throw new InvalidOperationException(
                    $"{location}: its version is {version}, expected {CurrentVersion}. It was written by another version of MLNetAttn: go on with that one, or begin anew in another folder.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{location}: it cannot be read: {JsonErrors.Describe(exception)}", exception);
        }
    }
}
