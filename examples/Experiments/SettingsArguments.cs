using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using MLNetAttn.Estimators;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>The options of the command line that make up <see cref="ExperimentSettings"/>. What is not given is as the folder was begun with, and in a new
/// folder the settings' own default.</summary>
internal sealed partial class SettingsArguments
{
    private static readonly ExperimentSettings Default = new();

    private static readonly Lazy<IReadOnlyDictionary<string, string>> Names = new(
        () => new SettingsArguments(new Argument<string>("folder"))._options.ToDictionary(it => it.Property.Name, it => it.Option.Name));

    private readonly List<(Option Option, PropertyInfo Property, Func<CommandResult, object?> Value)> _options = [];
    private readonly Argument<string> _folder;
    private readonly Option<ProblemFormat?> _task;
    private readonly Option<int> _numbers, _largestNumber;
    private readonly Option<int?> _testProblems;
    private readonly Option<CountdownFormat> _countdownFormat;
    private readonly Option<string> _flowAnswer;

    /// <param name="folder">The experiment's folder.</param>
    public SettingsArguments(Argument<string> folder)
    {
        _folder = folder;
        Add<string>(nameof(Default.Strategies), "--strategies", "Which ways of assigning credit, with commas between.");
        Add<string>(nameof(Default.Seeds), "--seeds", "First-last, numbers with commas between, or both: 1-3,7.");
        Baseline = Add<string>(nameof(Default.Baseline), "--baseline", "The strategy that the others are compared with.");
        Add<string?>(nameof(Default.Model), "--model", "Folder of a Hugging Face model. Left out: the embedded one, 0.2 million parameters.", Full);
        Add<string>(nameof(Default.DataType), "--dtype", "What the weights are kept in: float32, or bfloat16, on which only an adapter can be trained.")
            .AcceptOnlyFromAmong("float32", "bfloat16");
        Add<bool>(nameof(Default.Bf16), "--bf16", "Compute in bfloat16 while training, and keep what is updated in float32.");
        Add<int?>(
            nameof(Default.LoraRank), "--lora-rank",
            "Train an adapter of this rank on every matrix of every layer, with an alpha of twice the rank. Left out: all weights, or the adapter that the model has.");
        Add<string>(nameof(Default.Device), "--device", $"{OptionRules.Devices}.").IsDevice();
        Add<int>(nameof(Default.Threads), "--threads", "Threads of a run.").AtLeast(1);
        _task = Add<ProblemFormat?>(nameof(Default.Task), "--task", "Whose problems --train and --test have. Left out: Countdown problems are drawn.");
        Add<string?>(nameof(Default.TrainFile), "--train", "Problems to learn from, as their authors publish them.", Full);
        Add<string?>(nameof(Default.TestFile), "--test", "Problems held out.", Full);
        Add<bool>(nameof(Default.Chat), "--chat", "Ask the problems of the files through the model's chat template.");
        _countdownFormat = Add<CountdownFormat>(
            nameof(Default.CountdownFormat), "--countdown-format",
            "SearchTrace, for models trained on such traces, or TinyZero: in English, with problems as Stream of Search draws them.");
        _numbers = Add<int>(nameof(Default.Numbers), "--numbers", "Numbers of a Countdown problem that is drawn.");
        _largestNumber = Add<int>(nameof(Default.LargestNumber), "--largest-number", "The largest of them.");
        _testProblems = Add<int?>(
            nameof(Default.TestProblems), "--test-problems",
            "Held-out problems, the first of the file. Left out: all of it, or 512 that are drawn.").AtLeast(1);
        _testProblems.DefaultValueFactory = null;
        Add<int>(nameof(Default.EvaluationSamples), "--evaluation-samples", "Sampled responses to each held-out problem.").AtLeast(1);
        Add<int>(nameof(Default.Steps), "--steps", "Steps of a run.");
        Add<int>(nameof(Default.PromptsPerStep), "--prompts", "Prompts of a step.");
        Add<int>(nameof(Default.Generations), "--generations", "Responses to each prompt.");
        Add<int>(nameof(Default.MiniBatches), "--mini-batches", "Updates of a step.");
        Add<int>(nameof(Default.GradientAccumulationSteps), "--gradient-accumulation", "Parts that an update is computed in, to save memory.");
        Add<bool>(
            nameof(Default.ActivationCheckpointing), "--activation-checkpointing",
            "Keep one tensor a layer for the gradient: a third more time, a fraction of the memory.");
        Add<int?>(nameof(Default.SamplingBatchSize), "--sampling-batch", "The most responses that are sampled at once. Left out: all of a step.");
        Add<int>(nameof(Default.MaxNewTokens), "--max-new-tokens", "The most tokens of a response.");
        Add<double>(nameof(Default.LearningRate), "--learning-rate", "Learning rate; large models want about 1e-6.");
        Add<double>(nameof(Default.Temperature), "--temperature", "Sampling temperature.");
        Add<string>(nameof(Default.Layers), "--layers", "Layers whose attention is read: middle, all, top, bottom, or numbers such as 10,11,12.");
        Add<int>(nameof(Default.Window), "--window", "W of WAAD.");
        Add<int>(nameof(Default.MinimumHorizon), "--min-horizon", "H_lo of FAI. The paper: 10, for responses of a thousand tokens.");
        Add<int>(
            nameof(Default.MaximumHorizon), "--max-horizon", "H_hi of FAI; 0 = to the end of the response. The paper: 100.",
            horizon => horizon == 0 ? null : horizon).AtLeast(0);
        Add<RhythmPassKind>(
            nameof(Default.RhythmPass), "--rhythm-pass", "Which pass attention is read from: Separate, as in the paper, or Fused, which costs less.");
        Add<double>(nameof(Default.Fraction), "--fraction", "q: the share of the tokens that gets more credit.");
        Add<double>(nameof(Default.Amplification), "--amplification", "γ of these tokens.");
        _flowAnswer = Add<string>(
            nameof(Default.FlowAnswer), "--flow-answer",
            "Where flow credit finds the answer in a response: a regular expression. The default is that of Countdown's search traces.");
        Add<int>(nameof(Default.CheckpointEvery), "--checkpoint-every", "A run that is cut loses at most as many steps.");
        Add<bool>(nameof(Default.KeepPolicies), "--keep-policies", "Save what each run trained in its folder: the adapter, or else the whole model.");
    }

    /// <summary>The strategy that the others are compared with, which reports take, too.</summary>
    public Option<string> Baseline { get; }

    /// <summary>A setting as the command line has it.</summary>
    /// <param name="property">Its name in <see cref="ExperimentSettings"/>.</param>
    /// <param name="value">Its value.</param>
    public static string Given(string property, object? value) => value switch
    {
        null when property == nameof(Default.MaximumHorizon) => $"{Names.Value[property]} 0",
        null => $"no {Names.Value[property]}",
        bool on => $"{Names.Value[property]} {(on ? "true" : "false")}",
        _ => string.Create(CultureInfo.InvariantCulture, $"{Names.Value[property]} {value}"),
    };

    /// <summary>What the library says of its options, which have C# names there, in the names of the command line's.</summary>
    /// <param name="message">The message.</param>
    /// <param name="isViolation">Whether it is of options that are out of range. In other sentences Steps and Layers may be words like any other.</param>
    public static string InOptions(string message, bool isViolation) => Name()
        .Replace(message, word =>
            Names.Value.TryGetValue(word.Value.Replace(".", "", StringComparison.Ordinal), out string? option)
                || Names.Value.TryGetValue(word.Groups["name"].Value, out option)
                ? isViolation || word.Value.Count(char.IsUpper) > 1 ? option : word.Value
                : word.Value)
        .Replace("null for an open end", "0 for an open end", StringComparison.Ordinal);

    public void AddTo(Command command)
    {
        foreach ((Option option, _, _) in _options) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            try
            {
                Require(result, Read(result));
            }
            catch (ArgumentException exception)
            {
                result.AddError(exception.Message);
            }
            catch (InvalidOperationException)
            {
                // The parser says after this what it cannot read.
            }
        });
    }

    /// <summary>The settings of a command.</summary>
    public ExperimentSettings Read(CommandResult result)
    {
        ExperimentSettings? begun = Begun(result);
        ExperimentSettings settings = (begun ?? Default) with { };
        foreach ((Option option, PropertyInfo property, Func<CommandResult, object?> value) in _options)
            if (IsGiven(result, option))
                property.SetValue(settings, value(result));
        // A file has as many problems as it has.
        return settings.Task is not null && begun?.Task is null && !IsGiven(result, _testProblems) ? settings with { TestProblems = null } : settings;
    }

    private ExperimentSettings? Begun(CommandResult result) =>
        result.GetValue(_folder) is { Length: > 0 } path && new ExperimentFolder(path) is var folder && File.Exists(folder.SettingsFile)
            ? ExperimentFolder.Read<ExperimentSettings>(folder.SettingsFile)
            : null;

    private void Require(CommandResult result, ExperimentSettings settings)
    {
        foreach ((Option option, PropertyInfo property, _) in _options)
            if (property.GetValue(settings) is "")
                result.AddError($"{option.Name} is empty: leave it out, or say which.");
        _ = (settings.Arms(), SeedList.Parse(settings.Seeds), Arm.Find(settings.Baseline));
        bool none = settings.TrainFile is null && settings.TestFile is null;
        if (settings.Task is null ? !none : settings.TrainFile is null || settings.TestFile is null)
            result.AddError("--task, --train and --test go together: give all of them, or none for Countdown problems that are drawn.");
        if (settings.Chat && none)
            result.AddError("--chat is for problems from files: those that are drawn are asked as the embedded model knows them.");
        if (LacksFlowAnswer(result, settings))
            result.AddError(
                $"--flow-answer is not given, and its default is for Countdown's search traces: say where the answers of this task are, such as 'boxed\\{{(.*)\\}}', or leave {Arm.Flow} out of --strategies.");
        if (settings.Task is not { } task) return;
        foreach (Option option in (Option[])[_numbers, _largestNumber])
            if (IsGiven(result, option))
                result.AddError(
                    $"{option.Name} is for problems that are drawn, and those of --task {task} are read from files: leave {option.Name} or --task out.");
        if (task != ProblemFormat.Countdown && IsGiven(result, _countdownFormat))
            result.AddError($"--countdown-format is for Countdown, and --task is {task}: leave one of them out.");
    }

    /// <summary>Whether flow credit would look for an answer where the task has none: it would find no anchors, and train as uniform credit does.</summary>
    private bool LacksFlowAnswer(CommandResult result, ExperimentSettings settings) =>
        settings.Arms().Any(arm => arm.Name == Arm.Flow)
        && settings.FlowAnswer == Default.FlowAnswer
        && !IsGiven(result, _flowAnswer)
        && (settings.Task is not (null or ProblemFormat.Countdown) || settings.CountdownFormat != CountdownFormat.SearchTrace);

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    /// <summary>A run is another process, but its folder may be another one tomorrow.</summary>
    private static string? Full(string? path) => string.IsNullOrEmpty(path) ? path : Path.GetFullPath(path);

    private Option<T> Add<T>(string property, string name, string description, Func<T?, object?>? keep = null)
    {
        PropertyInfo place = typeof(ExperimentSettings).GetProperty(property)!;
        Option<T> option = new(name) { Description = description, DefaultValueFactory = _ => (T)place.GetValue(Default)! };
        _options.Add((option, place, result => keep is null ? result.GetValue(option) : keep(result.GetValue(option))));
        return option;
    }

    // Options are named by words with a capital, those in options with theirs before them.
    [GeneratedRegex(@"\b(?:[A-Z]\w*\.)?(?<name>[A-Z]\w*)\b")]
    private static partial Regex Name();
}
