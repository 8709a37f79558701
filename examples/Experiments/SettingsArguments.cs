using System.CommandLine;
using System.CommandLine.Parsing;
using MLNetAttn.Estimators;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>The options of the command line that make up <see cref="ExperimentSettings"/>; defaults are its own.</summary>
internal sealed class SettingsArguments
{
    private static readonly ExperimentSettings Default = new();

    private readonly List<Option> _options = [];
    private readonly Option<string?> _model, _trainFile, _testFile;
    private readonly Option<ProblemFormat?> _task;
    private readonly Option<string> _dataType, _device, _layers, _flowAnswer;
    private readonly Option<int>
        _threads, _numbers, _largestNumber, _evaluationSamples,
        _steps, _prompts, _generations, _miniBatches, _maxNewTokens,
        _window, _minimumHorizon, _maximumHorizon, _checkpointEvery, _gradientAccumulation;
    private readonly Option<int?> _loraRank, _samplingBatch, _testProblems;
    private readonly Option<RhythmPassKind> _rhythmPass;
    private readonly Option<CountdownFormat> _countdownFormat;
    private readonly Option<bool> _chat, _bf16, _activationCheckpointing;
    private readonly Option<double> _learningRate, _temperature, _fraction, _amplification;

    public SettingsArguments()
    {
        _model = Add<string?>("--model", "Folder of a Hugging Face model. Left out: the embedded one, 0.2 million parameters.", null);
        _dataType = Add("--dtype", "What the weights are kept in: float32, or bfloat16, on which only an adapter can be trained.", Default.DataType);
        _dataType.AcceptOnlyFromAmong("float32", "bfloat16");
        _bf16 = Add("--bf16", "Compute in bfloat16 while training, and keep what is updated in float32.", Default.Bf16);
        _loraRank = Add(
            "--lora-rank",
            "Train an adapter of this rank on every matrix of every layer, with an alpha of twice the rank. Left out: all weights, or the adapter that the model has.",
            Default.LoraRank);
        _device = Add("--device", "cpu, cuda or cuda:1, ...", Default.Device);
        _threads = Add("--threads", "Threads of a run.", Default.Threads).AtLeast(1);
        _task = Add<ProblemFormat?>("--task", "Whose problems --train and --test have. Left out: Countdown problems are drawn.", null);
        _trainFile = Add<string?>("--train", "Problems to learn from, as their authors publish them.", null);
        _testFile = Add<string?>("--test", "Problems held out.", null);
        _chat = Add("--chat", "Ask the problems of the files through the model's chat template.", Default.Chat);
        _countdownFormat = Add(
            "--countdown-format",
            "SearchTrace, for models trained on such traces, or TinyZero: in English, with problems as Stream of Search draws them.",
            Default.CountdownFormat);
        _numbers = Add("--numbers", "Numbers of a Countdown problem that is drawn.", Default.Numbers);
        _largestNumber = Add("--largest-number", "The largest of them.", Default.LargestNumber);
        _testProblems = Add<int?>("--test-problems", "Held-out problems, the first of the file. Left out: all of it, or 512 that are drawn.", null).AtLeast(1);
        _evaluationSamples = Add("--evaluation-samples", "Sampled responses to each held-out problem.", Default.EvaluationSamples).AtLeast(1);
        _steps = Add("--steps", "Steps of a run.", Default.Steps);
        _prompts = Add("--prompts", "Prompts of a step.", Default.PromptsPerStep);
        _generations = Add("--generations", "Responses to each prompt.", Default.Generations);
        _miniBatches = Add("--mini-batches", "Updates of a step.", Default.MiniBatches);
        _gradientAccumulation = Add("--gradient-accumulation", "Parts that an update is computed in, to save memory.", Default.GradientAccumulationSteps);
        _activationCheckpointing = Add(
            "--activation-checkpointing",
            "Keep one tensor a layer for the gradient: a third more time, a fraction of the memory.",
            Default.ActivationCheckpointing);
        _samplingBatch = Add("--sampling-batch", "The most responses that are sampled at once. Left out: all of a step.", Default.SamplingBatchSize);
        _maxNewTokens = Add("--max-new-tokens", "The most tokens of a response.", Default.MaxNewTokens);
        _learningRate = Add("--learning-rate", "Learning rate; large models want about 1e-6.", Default.LearningRate);
        _temperature = Add("--temperature", "Sampling temperature.", Default.Temperature);
        _layers = Add("--layers", "Layers whose attention is read: middle, all, top, bottom, or numbers such as 10,11,12.", Default.Layers);
        _window = Add("--window", "W of WAAD.", Default.Window);
        _minimumHorizon = Add("--min-horizon", "H_lo of FAI. The paper: 10, for responses of a thousand tokens.", Default.MinimumHorizon);
        _maximumHorizon = Add("--max-horizon", "H_hi of FAI; 0 = to the end of the response. The paper: 100.", Default.MaximumHorizon ?? 0).AtLeast(0);
        _rhythmPass = Add("--rhythm-pass", "Which pass attention is read from: Separate, as in the paper, or Fused, which costs less.", Default.RhythmPass);
        _fraction = Add("--fraction", "q: the share of the tokens that gets more credit.", Default.Fraction);
        _amplification = Add("--amplification", "γ of these tokens.", Default.Amplification);
        _flowAnswer = Add(
            "--flow-answer",
            "Where flow credit finds the answer in a response: a regular expression. The default is that of Countdown's search traces.",
            Default.FlowAnswer);
        _checkpointEvery = Add("--checkpoint-every", "A run that is cut loses at most as many steps.", Default.CheckpointEvery);
    }

    public void AddTo(Command command)
    {
        foreach (Option option in _options) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            bool files = result.GetValue(_trainFile) is not null && result.GetValue(_testFile) is not null,
                none = result.GetValue(_trainFile) is null && result.GetValue(_testFile) is null;
            if (result.GetValue(_task) is null ? !none : !files)
                result.AddError("--task, --train and --test go together: give all of them, or none for Countdown problems that are drawn.");
            if (result.GetValue(_chat) && none)
                result.AddError("--chat is for problems from files: those that are drawn are asked as the embedded model knows them.");
            if (result.GetValue(_task) is not { } task) return;
            foreach (Option option in (Option[])[_numbers, _largestNumber])
                if (IsGiven(result, option))
                    result.AddError($"{option.Name} is for problems that are drawn, and those of --task {task} are read from files: leave {option.Name} or --task out.");
            if (task != ProblemFormat.Countdown && IsGiven(result, _countdownFormat))
                result.AddError($"--countdown-format is for Countdown, and --task is {task}: leave one of them out.");
        });
    }

    /// <summary>Whether flow credit would look for an answer where the task has none: it would find no anchors, and train as uniform credit does.</summary>
    public bool LacksFlowAnswer(CommandResult result) =>
        !IsGiven(result, _flowAnswer)
        && (result.GetValue(_task) is not (null or ProblemFormat.Countdown) || result.GetValue(_countdownFormat) != CountdownFormat.SearchTrace);

    public ExperimentSettings Read(ParseResult parsed) => new()
    {
        Model = Full(parsed.GetValue(_model)),
        DataType = parsed.GetRequiredValue(_dataType),
        Bf16 = parsed.GetValue(_bf16),
        LoraRank = parsed.GetValue(_loraRank),
        Device = parsed.GetRequiredValue(_device),
        Threads = parsed.GetValue(_threads),
        Task = parsed.GetValue(_task),
        TrainFile = Full(parsed.GetValue(_trainFile)),
        TestFile = Full(parsed.GetValue(_testFile)),
        Chat = parsed.GetValue(_chat),
        CountdownFormat = parsed.GetValue(_countdownFormat),
        Numbers = parsed.GetValue(_numbers),
        LargestNumber = parsed.GetValue(_largestNumber),
        TestProblems = parsed.GetValue(_testProblems) ?? (parsed.GetValue(_task) is null ? ExperimentSettings.DrawnTestProblems : null),
        EvaluationSamples = parsed.GetValue(_evaluationSamples),
        Steps = parsed.GetValue(_steps),
        PromptsPerStep = parsed.GetValue(_prompts),
        Generations = parsed.GetValue(_generations),
        MiniBatches = parsed.GetValue(_miniBatches),
        GradientAccumulationSteps = parsed.GetValue(_gradientAccumulation),
        ActivationCheckpointing = parsed.GetValue(_activationCheckpointing),
        SamplingBatchSize = parsed.GetValue(_samplingBatch),
        MaxNewTokens = parsed.GetValue(_maxNewTokens),
        LearningRate = parsed.GetValue(_learningRate),
        Temperature = parsed.GetValue(_temperature),
        Layers = parsed.GetRequiredValue(_layers),
        Window = parsed.GetValue(_window),
        MinimumHorizon = parsed.GetValue(_minimumHorizon),
        MaximumHorizon = parsed.GetValue(_maximumHorizon) is > 0 and var horizon ? horizon : null,
        Fraction = parsed.GetValue(_fraction),
        Amplification = parsed.GetValue(_amplification),
        RhythmPass = parsed.GetValue(_rhythmPass),
        CheckpointEvery = parsed.GetValue(_checkpointEvery),
        FlowAnswer = parsed.GetRequiredValue(_flowAnswer),
    };

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    /// <summary>A run is another process, but its folder may be another one tomorrow.</summary>
    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private Option<T> Add<T>(string name, string description, T value)
    {
        Option<T> option = new(name) { Description = description, DefaultValueFactory = _ => value };
        _options.Add(option);
        return option;
    }
}
