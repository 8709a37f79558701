using System.Globalization;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>The report of a run: how its metrics went, and how the policy answers some prompts before and after.</summary>
internal static class TrainingReport
{
    // Times say more of the machine than of the training; counts only rise.
    private static readonly string[] LeftOut = ["time/", "step_time", "num_tokens", "epoch", "entropy_coef", BestPolicy.StepMetric];

    // What one looks at first; the others follow as they were measured.
    private static readonly string[] First =
    [
        "reward", "eval_reward", "loss", "eval_loss", "mean_token_accuracy", "eval_mean_token_accuracy",
        "completions/mean_length", "completions/clipped_ratio", "entropy", "kl", "grad_norm",
    ];

    /// <summary>Writes it.</summary>
    /// <param name="folder">The run.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="course">How it went.</param>
    /// <param name="before">The untrained policy.</param>
    /// <param name="after">The trained one.</param>
    /// <param name="prompts">What both are asked, with its row.</param>
    /// <param name="rewardOf">The reward of a model's answer to that of a row; null = there is none.</param>
    /// <param name="cancellation">Ends it; nothing is written then.</param>
    public static void Write(
        RunFolder folder, TrainConfig config, RunCourse course, CausalLanguageModel before, CausalLanguageModel after,
        IReadOnlyList<(int Row, string Title, int[] Ids)> prompts, Func<int, CausalLanguageModel, int[], float?> rewardOf, CancellationToken cancellation)
    {
        RhythmReport report = new RhythmReport($"Training: {Path.GetFileName(folder.Location)}")
            .AddNote("Model", config.Model!)
            .AddNote("Policy", Policy(config, course))
            .AddNote("Configuration", folder.Config)
            .Add(Configuration(config));
        string metrics = folder.In(RunFiles.Metrics);
        if (File.Exists(metrics)) report.Add(Curves(Path.GetFileName(folder.Location), metrics));
        foreach ((int row, string title, int[] ids) in prompts)
            foreach ((string variant, CausalLanguageModel model) in (ReadOnlySpan<(string, CausalLanguageModel)>)[("before", before), ("after", after)])
                report.Add(Trace(model, config, title, variant, ids, response => rewardOf(row, model, response), cancellation));
        report.Save(folder.Report);
    }

    /// <summary>Which policy "after" is.</summary>
    private static string Policy(TrainConfig config, RunCourse course)
    {
        RunCourse.Evaluated? shown = config.Training.KeepBest ? course.Best : course.Last?.Step == course.Step ? course.Last : null;
        int step = shown?.Step ?? course.Step;
        string whose = step == 0 ? "the model that training began with" : string.Create(CultureInfo.InvariantCulture, $"step {step}");
        string[] measured =
        [
            .. shown is null ? Array.Empty<string>() : [$"{course.Goal} {Number(shown.Value)}"],
            .. course.Start is { } start && step > 0 ? [$"before {(shown is null ? course.Goal + " " : "")}{Number(start.Value)}"] : Array.Empty<string>(),
        ];
        return measured.Length > 0 ? $"{whose} ({string.Join("; ", measured)})" : whose;

        static string Number(double value) => double.IsNaN(value) ? "unknown" : value.ToString("G4", CultureInfo.InvariantCulture);
    }

    /// <summary>How it was trained, also where the run's folder is not at hand.</summary>
    private static ReportTable Configuration(TrainConfig config) =>
        new("Configuration", ["option", "value"], [.. ConfigDifferences.Of(config).Select(option => (string[])[option.Path, option.Value])])
        {
            Note = "What is not listed has its default.",
        };

    private static IReadOnlyList<TrainingCurve> Curves(string name, string path)
    {
        string[] metrics =
        [
            .. MetricsFile.Read(path)
                .SelectMany(line => line.Metrics.Keys)
                .Distinct()
                .Where(metric => !LeftOut.Any(left => metric.StartsWith(left, StringComparison.Ordinal)))
                .OrderBy(Place),
        ];
        return metrics.Length == 0 ? [] : TrainingCurve.Read(name, path, metrics);

        static int Place(string metric) => Array.IndexOf(First, metric) is >= 0 and int place ? place : First.Length;
    }

    private static ReportTrace Trace(
        CausalLanguageModel model, TrainConfig config, string title, string variant, int[] ids,
        Func<int[], float?> rewardOf, CancellationToken cancellation)
    {
        (RhythmOptions rhythm, Transforms.CreditOptions credit) = config.Analysis;
        int room = model.Config.ContextLength - ids.Length;
        GeneratedSequence response = model.Generate(
            [ids], config.Answers with { MaxNewTokens = Math.Min(config.Answers.MaxNewTokens ?? room, room) }, cancellation)[0];
        return ReportTraces.Create(model, new TokenSequence(ids, response.TokenIds), new ReportTraceOptions
        {
            Title = title,
            Variant = variant,
            Outcome = new ReportOutcome { Reward = rewardOf(response.TokenIds), FinishReason = response.FinishReason },
            Rhythm = rhythm,
            Credit = credit,
        }, cancellation);
    }
}
