using System.Text.Json.Nodes;
using MLNetAttn.Estimators;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>The folder of a run, taken for as long as the command works in it: the trainer lets go of it when it is done, and the policy and the report come
/// after that.</summary>
internal sealed class RunFolder : IDisposable
{
    /// <summary>The name of <see cref="Config"/>.</summary>
    public const string ConfigName = "train.json";

    private readonly FileStream _lock;

    private RunFolder(string path, FileStream @lock) => (Location, _lock) = (path, @lock);

    /// <summary>Its full path.</summary>
    public string Location { get; }

    /// <summary>Whether a trainer has begun in it.</summary>
    public bool HoldsRun => File.Exists(In(RunFiles.Run));

    /// <summary>The configuration with all its defaults.</summary>
    public string Config => In(ConfigName);

    /// <summary>The trained policy, a Hugging Face folder.</summary>
    public string Policy => In("policy");

    /// <summary>The trained policy, a model of ML.NET.</summary>
    public string Model => In("policy.zip");

    /// <summary>The report.</summary>
    public string Report => In("report.html");

    /// <summary>What the run was warned of.</summary>
    public string Warnings => In("warnings.txt");

    /// <summary>Takes a folder; it is made if there is none.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="resume">Whether it may hold a run.</param>
    /// <exception cref="IOException">Another run has it.</exception>
    /// <exception cref="InvalidOperationException">It holds a run that is not to be resumed, or no run and files whose place a run would take.</exception>
    public static RunFolder Open(string path, bool resume)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var folder = new RunFolder(full, Take(full));
        try
        {
            if (!folder.HoldsRun) folder.RequireNothingElse();
            else if (!resume) throw new InvalidOperationException($"'{full}' holds a run already. Go on with it with --resume, or choose another \"output\".");
            foreach (string file in (ReadOnlySpan<string>)[folder.Config, folder.Model, folder.Report]) AtomicFile.DiscardLeftovers(file);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A file of the folder.</summary>
    public string In(string name) => Path.Combine(Location, name);

    /// <summary>Requires that a run that goes on asks and rewards what it did; the trainer compares model, rows and options itself.</summary>
    /// <exception cref="InvalidOperationException">It does not; the message says what was, and what is.</exception>
    public void RequireSameTask(TrainConfig config)
    {
        if (!HoldsRun || !File.Exists(Config)) return;
        // With today's defaults for options that it was written without.
        (JsonObject before, JsonObject now) = (Whole(ConfigReader.Read(Config, [])), Whole(config));
        foreach (string name in new[] { "task", "reward" })
            if (!JsonNode.DeepEquals(before[name], now[name]))
                throw new InvalidOperationException(
                    $"'{Location}' holds a run with another {name}: it was {Text(before[name])}, and is {Text(now[name])}. Use the same, or choose another \"output\".");

        // Files may have moved; the trainer compares what is in them. Problems that are drawn otherwise are others.
        foreach (string name in new[] { "prompts", "evaluation" })
            if (!JsonNode.DeepEquals(before[name]?["countdown"], now[name]?["countdown"]))
                throw new InvalidOperationException(
                    $"'{Location}' holds a run with other {name}: they were {Text(before[name])}, and are {Text(now[name])}. Use the same, or choose another \"output\".");

        static JsonObject Whole(TrainConfig config) => JsonNode.Parse(ConfigJson.Write(config))!.AsObject();

        static string Text(JsonNode? node) => node?.ToJsonString() ?? "null";
    }

    /// <summary>What was measured, step by step.</summary>
    public IReadOnlyList<(int Step, IReadOnlyDictionary<string, double> Metrics)> Measured() =>
        File.Exists(In(RunFiles.Metrics)) ? MetricsFile.Read(In(RunFiles.Metrics)) : [];

    /// <summary>How far the run has come, as its metrics say.</summary>
    public RunCourse Reached()
    {
        var course = new RunCourse();
        foreach ((int step, IReadOnlyDictionary<string, double> metrics) in Measured()) course.Add(step, metrics);
        return course;
    }

    /// <summary>Writes the configuration.</summary>
    public void Write(TrainConfig config) => AtomicFile.Write(Config, stream => stream.Write(System.Text.Encoding.UTF8.GetBytes(ConfigJson.Write(config))));

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static FileStream Take(string full)
    {
        if (File.Exists(full)) throw new IOException($"\"output\" is '{full}', which is a file: expected a folder, or a name that is free.");
        try
        {
            Directory.CreateDirectory(full);
            return LockFile.Take(Path.Combine(full, "train.lock"), $"Another run works in '{full}'. Wait for it, or choose another \"output\".");
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException && !Directory.Exists(full))
        {
            throw new IOException(
                $"\"output\" is '{full}', where no files can be made: {exception.Message.TrimEnd('.')}. Choose a folder that can be written.", exception);
        }
    }

    // A configuration alone is what a run leaves that never began.
    private void RequireNothingElse()
    {
        string[] taken =
        [
            .. ((string[])[Policy, Model, Report, In(RunFiles.Metrics), In(RunFiles.Samples)])
                .Where(Path.Exists)
                .Concat(Directory.EnumerateDirectories(Location, "checkpoint-*"))
                .Select(path => Path.GetFileName(path)!),
        ];
        if (taken.Length > 0)
            throw new InvalidOperationException(
                $"'{Location}' holds {string.Join(", ", taken)} and no run ({RunFiles.Run}): a run would write over them. Choose another \"output\", or move them away.");
    }
}
