using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MLNetAttn.Transforms;

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

    private static readonly JsonSerializerOptions OnOneLine = new(Options) { WriteIndented = false };

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    public string SettingsFile => In("experiment.json");

    /// <summary>Settings that are not the folder's yet: of those that do not work nothing is left.</summary>
    public string ProposedFile => In("experiment.new.json");

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
           orderby name
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

    /// <summary>Keeps other campaigns out as long as the file is open.</summary>
    /// <exception cref="IOException">Another process works here, or the file cannot be made.</exception>
    public FileStream Take() =>
        LockFile.Take(In("campaign.lock"), $"Another process has '{In("campaign.lock")}' open: wait for it to end, or give another folder.");

    public static T Read<T>(string file)
    {
        if (!File.Exists(file)) throw new FileNotFoundException($"There is no file '{file}', which every experiment has: give the folder of one.", file);
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

    public static void WriteText(string file, string text) => AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
