using System.Globalization;

namespace MLNetAttn.Experiments.Tests;

/// <summary>Results that were never run.</summary>
internal static class Runs
{
    public static RunResult Result(string arm, long seed, double sampled, double greedy = 0.4) => new()
    {
        Arm = arm,
        Seed = seed,
        Steps = 30,
        Before = new Accuracy(0.4, 0.2),
        After = new Accuracy(greedy, sampled),
        LastThirdReward = sampled,
        LastThirdClipped = 0.25,
        LastThirdLength = 60,
        MeanCredit = arm == "uniform" ? 1 : 1.2,
        Fingerprint = $"{arm}{seed}",
        TrainingSeconds = 1,
        ProcessorSeconds = 1,
    };

    /// <summary>Writes results, and metrics of some steps, as runs do.</summary>
    public static void Write(ExperimentFolder folder, params RunResult[] results)
    {
        ExperimentFolder.Write(folder.SettingsFile, new ExperimentSettings());
        foreach (RunResult result in results)
        {
            RunFolder run = folder.Run(result.Arm, result.Seed);
            Directory.CreateDirectory(run.Path);
            File.WriteAllLines(run.MetricsFile, Enumerable.Range(1, 8).Select(step => string.Create(CultureInfo.InvariantCulture,
                $$"""{"step":{{step}},"reward":{{result.After.Sampled * step / 8}},"completions/mean_length":60,"completions/clipped_ratio":0.1,"entropy":null}""")));
            ExperimentFolder.Write(run.ResultFile, result);
        }
    }
}
