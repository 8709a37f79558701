using MLNetAttn.Estimators;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>Everything that the runs of an experiment have in common, and which there are; a run adds its strategy and its seed. Written to experiment.json,
/// and read from there by every run and by the commands that go on with the folder.</summary>
internal sealed record ExperimentSettings
{
    /// <summary>Held-out problems that are drawn where nothing is said.</summary>
    public const int DrawnTestProblems = 512;

    /// <summary>Folder of a Hugging Face model; null = the embedded one.</summary>
    public string? Model { get; init; }

    /// <summary>What the weights are kept in.</summary>
    public string DataType { get; init; } = "float32";

    /// <summary>Compute in bfloat16 while training, and keep what is updated in float32.</summary>
    public bool Bf16 { get; init; }

    /// <summary>Train an adapter of this rank on every matrix of every layer, scaled by 2 (alpha is twice the rank); null = train what the model has: its
    /// adapter, or else all weights.</summary>
    public int? LoraRank { get; init; }

    public string Device { get; init; } = "cpu";

    /// <summary>Threads of a run.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The fields of the two files; null = Countdown problems are drawn.</summary>
    public ProblemFormat? Task { get; init; }

    public string? TrainFile { get; init; }

    public string? TestFile { get; init; }

    /// <summary>Ask through the model's chat template.</summary>
    public bool Chat { get; init; }

    /// <summary>How Countdown is asked and answered.</summary>
    public CountdownFormat CountdownFormat { get; init; } = CountdownFormat.SearchTrace;

    /// <summary>Numbers of a Countdown problem that is drawn.</summary>
    public int Numbers { get; init; } = 3;

    public int LargestNumber { get; init; } = 12;

    /// <summary>Held-out problems; null = all of the test file.</summary>
    public int? TestProblems { get; init; } = DrawnTestProblems;

    /// <summary>Sampled responses to each of them.</summary>
    public int EvaluationSamples { get; init; } = 4;

    public int Steps { get; init; } = 60;

    public int PromptsPerStep { get; init; } = 32;

    public int Generations { get; init; } = 8;

    public int MiniBatches { get; init; } = 2;

    /// <summary>Parts that an update is computed in, to save memory.</summary>
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <summary>Keep one tensor a layer for the gradient, and compute the layers a second time.</summary>
    public bool ActivationCheckpointing { get; init; }

    /// <summary>The most responses that are sampled at once, in training and when accuracy is measured; null = all.</summary>
    public int? SamplingBatchSize { get; init; }

    public int MaxNewTokens { get; init; } = 96;

    public double LearningRate { get; init; } = 2e-4;

    public double Temperature { get; init; } = 1;

    /// <summary>Layers whose attention is read.</summary>
    public string Layers { get; init; } = "middle";

    public int Window { get; init; } = 10;

    public int MinimumHorizon { get; init; } = 4;

    /// <summary>Null = to the end of the response.</summary>
    public int? MaximumHorizon { get; init; } = 40;

    /// <summary>Which pass attention is read from. Separate is the paper's: head groups are those of the very responses that get credit.</summary>
    public RhythmPassKind RhythmPass { get; init; } = RhythmPassKind.Separate;

    public double Fraction { get; init; } = 0.4;

    public double Amplification { get; init; } = 1.5;

    /// <summary>Where flow credit finds the answer in a response: a .NET regular expression.</summary>
    public string FlowAnswer { get; init; } = @"answer (.*)";

    /// <summary>Steps between two checkpoints: a run that is cut loses at most as many.</summary>
    public int CheckpointEvery { get; init; } = 10;

    /// <summary>Whether the runs' policies stay in their folders.</summary>
    public bool KeepPolicies { get; init; }

    /// <summary>Which strategies are run, with commas between.</summary>
    public string Strategies { get; init; } = string.Join(',', Arm.All.Select(arm => arm.Name));

    /// <summary>With which seeds, as <see cref="SeedList"/> has them.</summary>
    public string Seeds { get; init; } = "1-5";

    /// <summary>The strategy that the others are compared with.</summary>
    public string Baseline { get; init; } = Arm.Baseline;

    // What changes nothing but last bits of what a run computes, or how much of it is lost, as the trainer has it, which goes on with a run under other values
    // of these (RunIdentity): they are what is changed when memory runs out. Device and threads change last bits, too, but the trainer counts them among
    // what decides them (ComputePlatform) and warns: they stay. Last come those that say which runs there are.
    private static readonly HashSet<string> Means =
    [
        nameof(ActivationCheckpointing), nameof(SamplingBatchSize), nameof(CheckpointEvery), nameof(KeepPolicies),
        nameof(Strategies), nameof(Seeds), nameof(Baseline),
    ];

    // Where things are; what is there has a fingerprint.
    private static readonly HashSet<string> Paths = [nameof(Model), nameof(TrainFile), nameof(TestFile)];

    /// <summary>The strategies of <see cref="Strategies"/>.</summary>
    /// <exception cref="ArgumentException">One of them is none.</exception>
    public IReadOnlyList<Arm> Arms() => [.. Strategies.Split(',').Select(name => Arm.Find(name.Trim())).Distinct()];

    /// <summary>The settings in which another experiment differs, as options with their values here, but for those that change no result.</summary>
    /// <param name="other">The other.</param>
    /// <param name="comparePaths">Whether files and models elsewhere are others: not where their fingerprints are compared.</param>
    public IEnumerable<string> DifferencesFrom(ExperimentSettings other, bool comparePaths) =>
        from property in typeof(ExperimentSettings).GetProperties()
        where !Means.Contains(property.Name) && (comparePaths || !Paths.Contains(property.Name))
        where !Equals(property.GetValue(this), property.GetValue(other))
        select SettingsArguments.Given(property.Name, property.GetValue(this));
}
