using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;
using TorchSharp;

namespace MLNetAttn.Experiments;

/// <summary>What one process does: one run, or the accuracy before training.</summary>
internal sealed class Worker : IDisposable
{
    private const int EvaluationBatch = 256;

    private readonly ExperimentFolder _folder;
    private readonly ExperimentSettings _settings;
    private readonly ExperimentTask _task;
    private readonly MLContext _context = new();
    private readonly CausalLanguageModel _model;

    /// <param name="folder">The experiment.</param>
    /// <param name="settingsFile">Its settings, or those that are to become so.</param>
    public Worker(ExperimentFolder folder, string settingsFile)
    {
        _folder = folder;
        // Goes to the run's log: a run whose credit amplifies nothing, or whose checkpoints are not written, looks like any other in the table.
        _context.Log += (_, entry) =>
        {
            if (entry.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Error)
                Console.Error.WriteLine($"{entry.Kind}: {SettingsArguments.InOptions(entry.RawMessage, isViolation: false)}");
        };
        _settings = ExperimentFolder.Read<ExperimentSettings>(settingsFile);
        if (_settings.Device != "cpu" && !torch.cuda.is_available())
            throw new InvalidOperationException(
                $"--device is {_settings.Device}, and TorchSharp sees no GPU: this program needs an NVIDIA driver, and to be built with -p:TorchBackend=cuda-linux (docs/packages.md).");
        torch.set_num_threads(_settings.Threads);
        _model = CausalLanguageModel.FromPretrained(_settings.Model ?? Path.Combine(AppContext.BaseDirectory, "models", "countdown"), new ModelLoadOptions
        {
            DataType = _settings.DataType == "bfloat16" ? torch.ScalarType.BFloat16 : torch.ScalarType.Float32,
            Device = torch.device(_settings.Device),
        });
        _task = new ExperimentTask(_context, _settings);
    }

    /// <summary>Makes the settings the folder's if runs can begin with them, and measures the model that all runs start from where that was not done.</summary>
    public void Begin()
    {
        var rules = new FolderRules(_folder);
        RequireTraining();
        if (rules.Continue(_settings) && File.Exists(_folder.BeforeTrainingFile)) RequireSameStart();
        rules.Accept(_settings);
        if (File.Exists(_folder.BeforeTrainingFile)) return;
        (Accuracy accuracy, _) = Measure(_model);
        ExperimentFolder.Write(_folder.BeforeTrainingFile, new RunStart(accuracy.Greedy, accuracy.Sampled, StartFingerprints.Of(_model, _settings)));
    }

    /// <summary>Trains with one strategy and one seed, and measures what came out.</summary>
    /// <exception cref="InvalidOperationException">The model or a file is another than the one that the folder was begun with.</exception>
    public void Run(string armName, long seed)
    {
        Arm arm = Arm.Find(armName);
        RunStart start = RequireSameStart();
        RunFolder run = _folder.Run(arm.Name, seed);
        Directory.CreateDirectory(run.Path);
        CreditOptions credit = arm.Options(_settings, seed);
        ExperimentFolder.Write(run.ConfigurationFile, new RunConfiguration
        {
            Arm = arm.Name,
            Seed = seed,
            Settings = _settings,
            Credit = credit,
            ModelFingerprint = _model.Fingerprint,
            ModelParameters = _model.Parameters.Values.Sum(parameter => parameter.numel()),
        });
        IReadOnlyList<RunProcess> processes = run.Begin(new RunProcess(
            DateTime.UtcNow,
            typeof(PolicyOptimizationTrainer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores, {RuntimeInformation.FrameworkDescription}, libtorch {torch.__version__}")));

        using PolicyTransformer policy = Trainer(credit, seed, run.Path).Fit(_task.Train(seed));
        int lastThird = _settings.Steps - _settings.Steps / 3;
        ILookup<string, (int Step, double Value)> metrics = run.RequireMetrics(
            _settings.Steps, "reward", "completions/clipped_ratio", "completions/mean_length", "credit/mean", "step_time");
        if (_settings.KeepPolicies)
        {
            if (policy.Model.Adapter is null) policy.Model.SavePretrained(run.PolicyFolder);
            else policy.Model.SaveAdapter(run.PolicyFolder);
        }
        (Accuracy after, int problems) = Measure(policy.Model);
        ExperimentFolder.Write(run.ResultFile, new RunResult
        {
            Arm = arm.Name,
            Seed = seed,
            Steps = _settings.Steps,
            Before = start.Accuracy,
            After = after,
            LastThirdReward = Late("reward"),
            LastThirdClipped = Late("completions/clipped_ratio"),
            LastThirdLength = Late("completions/mean_length"),
            MeanCredit = metrics["credit/mean"].Average(step => step.Value),
            Fingerprint = policy.Model.Fingerprint,
            TrainingSeconds = metrics["step_time"].Sum(step => step.Value),
            ProcessorSeconds = processes.Count == 1 ? Environment.CpuUsage.TotalTime.TotalSeconds : null,
            TestProblems = problems,
            Processes = processes,
        });
        run.DeleteCheckpoints(Console.Error);

        double Late(string metric) => metrics[metric].Where(step => step.Step > lastThird || _settings.Steps < 3).Average(step => step.Value);
    }

    public void Dispose() => _model.Dispose();

    /// <summary>Requires that runs can begin, up to the first step: better said now than by every run.</summary>
    private void RequireTraining()
    {
        if (StartFingerprints.Of(_model, _settings) is { TrainFile: { } learnt, TestFile: var heldOut } && learnt == heldOut)
            throw new InvalidOperationException(
                $"--train and --test have the same content ('{_settings.TrainFile}'): accuracy would be of what was learnt. Give --test problems that are held out.");
        foreach (Arm arm in Arm.All) _ = Trainer(arm.Options(_settings, seed: 0), seed: 0, folder: null);
        // Cancelled before it begins, a training does all but its steps.
        using PolicyTransformer untrained =
            Trainer(Arm.All[0].Options(_settings, seed: 0), seed: 0, folder: null, new CancellationToken(canceled: true))
                .Fit(_task.Train(seed: 0));
    }

    /// <summary>What the folder was begun with; runs that start from something else do not belong into its table.</summary>
    private RunStart RequireSameStart()
    {
        RunStart start = ExperimentFolder.Read<RunStart>(_folder.BeforeTrainingFile);
        string[] differences = start.Fingerprints is { } before ? [.. before.DifferencesFrom(StartFingerprints.Of(_model, _settings))] : [];
        return differences.Length == 0
            ? start
            : throw new InvalidOperationException(
                $"What '{_folder.Path}' was begun with has changed since: {string.Join(", ", differences)}. Put it back, or give another folder: runs that start from different things are not compared.");
    }

    private PolicyOptimizationTrainer Trainer(
        CreditOptions credit, long seed, string? folder, CancellationToken cancellation = default) =>
        _context.Policies.Trainers.PolicyOptimization(_model, _task.Reward, new PolicyOptimizationOptions
        {
            Steps = _settings.Steps,
            PromptsPerStep = _settings.PromptsPerStep,
            Generations = _settings.Generations,
            MiniBatches = _settings.MiniBatches,
            GradientAccumulationSteps = _settings.GradientAccumulationSteps,
            ActivationCheckpointing = _settings.ActivationCheckpointing,
            SamplingBatchSize = _settings.SamplingBatchSize,
            Bf16 = _settings.Bf16,
            Lora = _settings.LoraRank is { } rank
                ? new LoraOptions { Rank = rank, Alpha = 2 * rank, TargetModules = LoraOptions.AllLinear, Seed = seed }
                : null,
            MaxNewTokens = _settings.MaxNewTokens,
            LearningRate = _settings.LearningRate,
            Temperature = _settings.Temperature,
            Credit = credit,
            FlowAnswer = credit.Strategy == CreditStrategy.Flow ? _settings.FlowAnswer : null,
            Rhythm = new RhythmOptions
            {
                Layers = LayerSelection.Parse(_settings.Layers),
                Grouping = HeadGrouping.PerBatch,
                Window = _settings.Window,
                MinimumHorizon = _settings.MinimumHorizon,
                MaximumHorizon = _settings.MaximumHorizon,
                Temperature = _settings.Temperature,
            },
            RhythmPass = _settings.RhythmPass,
            Seed = seed,
            PromptFormat = _task.PromptFormat,
            OutputFolder = folder,
            Resume = folder is not null,
            CheckpointEvery = _settings.CheckpointEvery,
            CheckpointLimit = 1,
            CancellationToken = cancellation,
        });

    private (Accuracy Accuracy, int Problems) Measure(CausalLanguageModel model)
    {
        EvaluationResult greedy = Measure(model, temperature: 0, samples: 1), sampled = Measure(model, _settings.Temperature, _settings.EvaluationSamples);
        return (new Accuracy(greedy.AverageAtK.Value, sampled.AverageAtK.Value), sampled.Problems);
    }

    private EvaluationResult Measure(CausalLanguageModel model, double temperature, int samples) =>
        Evaluation.Run(_context, model, _task.Test(), _task.Reward, new EvaluationOptions
        {
            Generation = new GenerationOptions
            {
                MaxNewTokens = _settings.MaxNewTokens,
                Temperature = temperature,
                SamplesPerPrompt = samples,
                BatchSize = _settings.SamplingBatchSize,
                Seed = 1,
            },
            PromptFormat = _task.PromptFormat,
            BatchSize = EvaluationBatch,
        });
}
