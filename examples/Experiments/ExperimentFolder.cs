using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>Where an experiment's files are: experiment.json, before-training.json, and for each run a folder with config.json, metrics.jsonl and
/// result.json.</summary>
/// <param name="path">The folder.</param>
internal sealed class ExperimentFolder(string path)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter() },
    };

    // ERROR_SHARING_VIOLATION of Windows, EWOULDBLOCK of Linux and of macOS.
    private static readonly int[] SharingViolations = [unchecked((int)0x80070020), 11, 35];

    private static readonly JsonSerializerOptions OnOneLine = new(Options) { WriteIndented = false };

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string SettingsFile => In("experiment.json");

    public string BeforeTrainingFile => In("before-training.json");

    /// <summary>Whether a run has something to show for the settings: a result, or a checkpoint to go on from.</summary>
    public bool HoldsWork => Runs().Any(run => run.HasEnded || run.Checkpoints().Any());

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The folder of a run.</summary>
    public RunFolder Run(string arm, long seed) => new(In($"{arm}-{seed}"));

    /// <summary>The folders of all runs that have begun; others that lie beside them are no one's but their owners'.</summary>
    public IReadOnlyList<RunFolder> Runs() =>
    [
        .. from place in Directory.EnumerateDirectories(Path)
           let name = System.IO.Path.GetFileName(place)
           where Arm.All.Any(arm => name.StartsWith($"{arm.Name}-", StringComparison.Ordinal)
               && long.TryParse(name.AsSpan(arm.Name.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _))
           select new RunFolder(place),
    ];

    /// <summary>The results of all runs that have ended, by seed and then in the order of <see cref="Arm.All"/>.</summary>
    public IReadOnlyList<RunResult> Results() =>
    [
        .. Runs()
            .Where(run => run.HasEnded)
            .Select(run => Read<RunResult>(run.ResultFile))
            .OrderBy(result => result.Seed)
            .ThenBy(result => Arm.All.Select(arm => arm.Name).ToList().IndexOf(result.Arm)),
    ];

    /// <summary>Keeps others out of a place as long as the file is open.</summary>
    /// <exception cref="IOException">Another process works there, or the file cannot be made.</exception>
    public FileStream Take(string lockFile)
    {
        try
        {
            return new FileStream(In(lockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (SharingViolations.Contains(exception.HResult))
        {
            throw new IOException($"Another process has '{In(lockFile)}' open: wait for it to end, or give another folder.", exception);
        }
    }

    public static T Read<T>(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(file), Options) ?? throw new JsonException("it is null");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"'{file}' is not what this program writes there: {exception.Message}", exception);
        }
    }

    public static void Write<T>(string file, T value) => WriteText(file, JsonSerializer.Serialize(value, Options) + "\n");

    /// <summary>What <see cref="Write"/> writes, on one line.</summary>
    public static string Line<T>(T value) => JsonSerializer.Serialize(value, OnOneLine);

    /// <summary>Writes aside, to the disk, and moves into place, so that a file that is there is whole.</summary>
    public static void WriteText(string file, string text)
    {
        string aside = $"{file}.{Environment.ProcessId}.tmp";
        using (var stream = new FileStream(aside, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        File.Move(aside, file, overwrite: true);
    }
}

/// <summary>The folder of a run.</summary>
/// <param name="path">The folder.</param>
internal sealed class RunFolder(string path)
{
    public string Path { get; } = path;

    public string ConfigurationFile => System.IO.Path.Combine(Path, "config.json");

    public string MetricsFile => System.IO.Path.Combine(Path, "metrics.jsonl");

    public string ResultFile => System.IO.Path.Combine(Path, "result.json");

    public string LogFile => System.IO.Path.Combine(Path, "log.txt");

    /// <summary>Its result is written last.</summary>
    public bool HasEnded => File.Exists(ResultFile);

    /// <summary>The processes that worked on it, first to last.</summary>
    public string ProcessesFile => System.IO.Path.Combine(Path, "processes.json");

    /// <summary>Adds a process.</summary>
    /// <returns>All of them.</returns>
    public IReadOnlyList<RunProcess> Begin(RunProcess process)
    {
        RunProcess[] all = [.. File.Exists(ProcessesFile) ? ExperimentFolder.Read<RunProcess[]>(ProcessesFile) : [], process];
        ExperimentFolder.Write(ProcessesFile, all);
        return all;
    }

    /// <summary>Some of what every step of a run that has ended measured, by metric.</summary>
    /// <param name="steps">How many there are.</param>
    /// <param name="metrics">Which.</param>
    /// <exception cref="InvalidDataException">Some are missing: training goes on where its files cannot be written.</exception>
    public ILookup<string, (int Step, double Value)> RequireMetrics(int steps, params string[] metrics)
    {
        IReadOnlyList<TrainingCurve> curves = TrainingCurve.Read(System.IO.Path.GetFileName(Path), MetricsFile, metrics);
        IEnumerable<double> expected = Enumerable.Range(1, steps).Select(step => (double)step);
        if (curves.Count != metrics.Length || curves.Any(curve => !curve.Steps.SequenceEqual(expected)))
            throw new InvalidDataException(
                $"'{MetricsFile}' does not have each of the {steps} steps once. Was the disk full? Remove '{Path}', and the run is done anew.");
        return curves
            .SelectMany(curve => curve.Values.Select((value, i) => (curve.Metric, Point: (i + 1, value))))
            .ToLookup(one => one.Metric, one => one.Point);
    }

    /// <summary>The folders that the run goes on from where it is cut.</summary>
    public IEnumerable<string> Checkpoints() => Directory.EnumerateDirectories(Path, "checkpoint-*");

    /// <summary>Nothing goes on from them once the run has ended; what cannot be deleted is in no one's way.</summary>
    /// <param name="output">Told what is left.</param>
    public void DeleteCheckpoints(TextWriter output)
    {
        foreach (string checkpoint in Checkpoints())
        {
            try
            {
                Directory.Delete(checkpoint, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                output.WriteLine($"'{checkpoint}' is of no use any more and could not be deleted: {exception.Message}");
            }
        }
    }
}
