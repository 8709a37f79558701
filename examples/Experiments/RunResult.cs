using System.Security.Cryptography;
using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Experiments;

/// <summary>What one run gave.</summary>
internal sealed record RunResult
{
    public required string Arm { get; init; }

    public required long Seed { get; init; }

    public required int Steps { get; init; }

    /// <summary>Before training, which is the same for all runs.</summary>
    public required Accuracy Before { get; init; }

    public required Accuracy After { get; init; }

    /// <summary>Mean reward of the responses sampled in the last third of the steps.</summary>
    public required double LastThirdReward { get; init; }

    /// <summary>The share of the same responses that were cut before they ended.</summary>
    public required double LastThirdClipped { get; init; }

    /// <summary>Tokens of a sampled response to a training prompt, over the same steps.</summary>
    public required double LastThirdLength { get; init; }

    /// <summary>Mean γ over the run.</summary>
    public required double MeanCredit { get; init; }

    /// <summary>The policy's fingerprint: equal runs have equal ones.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Wall time of the steps.</summary>
    public required double TrainingSeconds { get; init; }

    /// <summary>Processor time of the run; null where several processes made it, as those that were cut did not say what they took.</summary>
    public required double? ProcessorSeconds { get; init; }

    /// <summary>Held-out problems that accuracy is of; null in results from before they were counted.</summary>
    public int? TestProblems { get; init; }

    /// <summary>What made it, first to last; none in results from before it was kept.</summary>
    public IReadOnlyList<RunProcess> Processes { get; init; } = [];
}

/// <summary>One process of a run: a run that was cut has several. What processes.json has.</summary>
/// <param name="Started">When, in UTC.</param>
/// <param name="Library">Version of the library, with the commit that it was built from.</param>
/// <param name="Machine">Its system, cores, runtime and libtorch.</param>
internal sealed record RunProcess(DateTime Started, string Library, string Machine);

/// <summary>The share of the held-out problems that are solved.</summary>
/// <param name="Greedy">By the most probable response.</param>
/// <param name="Sampled">Of the responses sampled at the training temperature.</param>
internal sealed record Accuracy(double Greedy, double Sampled);

/// <summary>What before-training.json has: what all runs of a folder start from.</summary>
/// <param name="Greedy">The model's accuracy, as in <see cref="Accuracy"/>.</param>
/// <param name="Sampled">Likewise.</param>
/// <param name="Fingerprints">Of what was measured; null in a folder that was begun before they were kept.</param>
internal sealed record RunStart(double Greedy, double Sampled, StartFingerprints? Fingerprints)
{
    [JsonIgnore]
    public Accuracy Accuracy => new(Greedy, Sampled);
}

/// <summary>SHA-256 of what the runs of a folder start from and learn: paths stay the same when their contents do not.</summary>
/// <param name="Model">The model.</param>
/// <param name="TrainFile">The file to learn from; null = problems are drawn.</param>
/// <param name="TestFile">The file of held-out problems; null = problems are drawn.</param>
internal sealed record StartFingerprints(string Model, string? TrainFile, string? TestFile)
{
    /// <summary>Of what is there now.</summary>
    public static StartFingerprints Of(CausalLanguageModel model, ExperimentSettings settings) =>
        new(model.Fingerprint, OfFile(settings.TrainFile), OfFile(settings.TestFile));

    /// <summary>The parts in which another start differs.</summary>
    public IEnumerable<string> DifferencesFrom(StartFingerprints other)
    {
        if (Model != other.Model) yield return "the model";
        if (TrainFile != other.TrainFile) yield return "the training file";
        if (TestFile != other.TestFile) yield return "the test file";
    }

    private static string? OfFile(string? path)
    {
        if (path is null) return null;
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}

/// <summary>What config.json has: what a run is, apart from the trainer's options, which the trainer writes to run.json.</summary>
internal sealed record RunConfiguration
{
    public required string Arm { get; init; }

    public required long Seed { get; init; }

    public required ExperimentSettings Settings { get; init; }

    public required Transforms.CreditOptions Credit { get; init; }

    /// <summary>SHA-256 of the model that training starts from.</summary>
    public required string ModelFingerprint { get; init; }

    public required long ModelParameters { get; init; }
}

/// <summary>What config.json says of a run's settings and model, whatever else the version that wrote it put there.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
internal sealed record RunOrigin
{
    public required ExperimentSettings Settings { get; init; }

    public required string ModelFingerprint { get; init; }

    public required long ModelParameters { get; init; }
}
