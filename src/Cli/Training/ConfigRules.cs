using System.Globalization;
using Microsoft.ML;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>What must be there, go together and be in range in a configuration; all of it at once.</summary>
internal sealed class ConfigRules
{
    private readonly List<string> _problems = [];
    private readonly ConfigWording _wording;
    private readonly TrainConfig _config;

    private ConfigRules(TrainConfig config) => (_config, _wording) = (config, new ConfigWording(config.GetType()));

    /// <summary>Checks a configuration, before anything is loaded.</summary>
    /// <exception cref="ConfigException">Something is wrong; it lists all of it.</exception>
    public static void Require(TrainConfig config)
    {
        var rules = new ConfigRules(config);
        rules.CheckShared();
        if (config is PolicyOptimizationConfig policy) rules.Check(policy);
        if (config is SupervisedFineTuningConfig tuning) rules.Check(tuning);
        ConfigException.ThrowIfAny(rules._problems);
    }

    private void CheckShared()
    {
        Require(_config.Model is not null, "model", "missing, expected a folder of a Hugging Face model");
        Require(_config.Model is null || Directory.Exists(_config.Model), "model", $"there is no folder '{_config.Model}'");
        Require(_config.Adapter is null || Directory.Exists(_config.Adapter), "adapter", $"there is no folder '{_config.Adapter}'");
        Require(!string.IsNullOrWhiteSpace(_config.Output), "output", "missing, expected a folder for what the run writes");
        Require(SharedOptions.IsDevice(_config.Device), "device", $"{_config.Device}, expected {SharedOptions.Devices}");
        Require(
            _config.DataType == WeightType.Float32 || _config.Adapter is not null || _config.Training.Lora is not null, "dtype",
            "bfloat16, expected float32 where all weights are trained (options.bf16 computes in bfloat16 all the same), or an adapter to train: options.lora");
        Require(_config.Report.Prompts >= 0, "report.prompts", string.Create(CultureInfo.InvariantCulture, $"{_config.Report.Prompts}, expected 0 or more"));
        Require(
            _config.Training.EvaluateEvery is null || _config.HasEvaluation, "options.evaluate_every",
            "given, and \"evaluation\" is not: expected what to evaluate on");
        Require(
            _config.Training.EvaluateEvery is not null || !_config.HasEvaluation, "evaluation",
            "given, and options.evaluate_every is not: expected every how many steps");
    }

    private void Check(PolicyOptimizationConfig config)
    {
        // What rewards there are is said beside the options.
        bool normalizes = config.Options.RewardAggregation == RewardAggregation.NormalizeThenSum;
        PolicyOptimizationOptions options = normalizes ? config.Options with { RewardAggregation = RewardAggregation.SumThenNormalize } : config.Options;
        Try("options", () => options.Validate(recorded: config.Rollouts is not null));
        Require(
            !normalizes || config.Reward is { Count: > 1 }, "options.reward_aggregation",
            "normalize_then_sum, expected with a list of two rewards or more");
        Require(
            !normalizes || config.Options.ScaleRewards == RewardScale.Group, "options.scale_rewards",
            $"{ConfigWording.Of(config.Options.ScaleRewards)}, expected group with reward_aggregation normalize_then_sum, which does not read it");
        Require(config.Reward is null or [] || config.Reward.Any(term => term.Weight != 0), "reward", "every weight is 0, expected one that is not");
        Require(config.Rollouts is null || File.Exists(config.Rollouts), "rollouts", $"there is no file '{config.Rollouts}'");
        (string, object?)[] replaced = [("prompts", config.Prompts), ("reward", config.Reward), ("evaluation", config.Evaluation)];
        foreach ((string name, object? given) in replaced)
            Require(config.Rollouts is null || given is null, name, "given with rollouts, which have their own prompts and rewards: expected null");
        CheckPrompts("prompts", config.Task, config.Prompts);
        CheckPrompts("evaluation", config.Task, config.Evaluation);
        Require(
            config.Prompts is not null || config.Rollouts is not null || config.Task == TrainTask.Countdown,
            "prompts", "missing, expected a file of problems");
        string asked = ConfigWording.Of(config.CountdownFormat);
        if (config.Evaluation is { } evaluation && config.Task == TrainTask.Countdown)
            Require(
                evaluation.Asked == config.CountdownFormat, "evaluation",
                $"asks as {ConfigWording.Of(evaluation.Asked)}, and prompts as {asked}: expected one format");
        foreach ((int i, RewardTerm term) in (config.Reward ?? []).Index())
        {
            string[] given = [.. term.Kinds.Where(kind => kind.Options is not null).Select(kind => kind.Name)];
            Require(given.Length == 1, $"reward[{i}]", $"expected one of {string.Join(", ", term.Kinds.Select(kind => kind.Name))}");
            Require(double.IsFinite(term.Weight), $"reward[{i}].weight", "expected a finite number");
            RequireTask($"reward[{i}].countdown", term.Countdown, TrainTask.Countdown, config.Task);
            RequireTask($"reward[{i}].math", term.Math, TrainTask.Math, config.Task);
            if (term.Countdown is { } countdown && config.Task == TrainTask.Countdown)
                Require(
                    countdown.Format == config.CountdownFormat, $"reward[{i}].countdown.format",
                    $"{ConfigWording.Of(countdown.Format)}, and prompts ask as {asked}: expected the same");
            if (term.LengthPenalty is { } penalty)
                Require(
                    penalty.MaximumLength - penalty.SoftLength < config.Options.MaxNewTokens, $"reward[{i}].length_penalty",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"begins behind {penalty.MaximumLength - penalty.SoftLength} tokens (maximum_length {penalty.MaximumLength} less soft_length {penalty.SoftLength}), and no response is longer than options.max_new_tokens, {config.Options.MaxNewTokens}: expected one that acts"));
            if (given is [var kind]) Try($"reward[{i}].{kind}", () => RewardChain.Create(new MLContext(), term));
        }
        Require(config.Reward is not { Count: 0 }, "reward", "an empty list, expected at least one reward, or null for the task's");
    }

    private void Check(SupervisedFineTuningConfig config)
    {
        Try("options", () => config.Options.Validate());
        Require(config.Rows is not null, "rows", "missing, expected a file of JSON lines with prompt and response");
        foreach ((string name, string? file) in (ReadOnlySpan<(string, string?)>)[("rows", config.Rows), ("evaluation", config.Evaluation)])
            Require(file is null || File.Exists(file), name, $"there is no file '{file}'");
    }

    private void CheckPrompts<TCountdown>(string path, TrainTask task, PromptConfig<TCountdown>? prompts)
        where TCountdown : CountdownPrompts
    {
        if (prompts is null) return;
        Require(prompts.File is null != prompts.Countdown is null, path, "expected a file, or countdown: one of them");
        Require(prompts.File is null || File.Exists(prompts.File), path + ".file", $"there is no file '{prompts.File}'");
        Require(prompts.Countdown is null || task == TrainTask.Countdown, path + ".countdown", $"given, and task is {ConfigWording.Of(task)}: expected a file");
        Require(
            prompts.CountdownFormat == CountdownFormat.SearchTrace || (prompts.Countdown is null && task == TrainTask.Countdown),
            path + ".countdown_format",
            "expected with a file of Countdown problems alone; drawn ones have countdown.options.format");
        if (prompts.Format is { } format)
            Require(
                (format == ProblemFormat.Countdown) == (task == TrainTask.Countdown), path + ".format",
                $"{ConfigWording.Of(format)}, and task is {ConfigWording.Of(task)}: expected {(task == TrainTask.Countdown ? "countdown" : "another format than countdown")}");
        if (prompts.Countdown is { } drawn) Try(path + ".countdown", () => Countdown.Generate(0, drawn.Numbers, drawn.Seed, drawn.Split, drawn.Options));
        Require(prompts.Countdown is not { Count: < 1 }, path + ".countdown.count", "expected at least 1");
    }

    /// <summary>Problems of a task have nothing that another's reward could read: it would be 0 to the end.</summary>
    private void RequireTask(string path, object? reward, TrainTask task, TrainTask asked) => Require(
        reward is null || task == asked, path,
        $"given, and task is {ConfigWording.Of(asked)}, whose problems it does not know: expected {ConfigWording.Of(asked)}, or task {ConfigWording.Of(task)}");

    private void Require(bool holds, string path, string problem)
    {
        if (!holds) _problems.Add($"{path}: {problem}");
    }

    /// <summary>Notes what the options say of themselves, under the names that they have in JSON.</summary>
    private void Try(string path, Action check)
    {
        try
        {
            check();
        }
        catch (InvalidOptionsException exception)
        {
            foreach (OptionViolation violation in exception.Violations)
                _problems.Add(
                    $"{path}.{ConfigWording.Snake(violation.Option)} is {_wording.Part(violation.Found)}, expected {_wording.Part(violation.Expected)}");
        }
    }
}
