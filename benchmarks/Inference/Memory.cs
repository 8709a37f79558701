using System.Diagnostics;
using System.Globalization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Benchmarks;

/// <summary>Peaks of resident memory, each in a process of its own.</summary>
internal static class Memory
{
    /// <summary>What the process was asked to measure, or false.</summary>
    public static bool TryMeasure(string[] args)
    {
        if (args is not ["memory", string folder, string length]) return false;
        long before = Status("VmRSS");
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder, Program.Half);
        long weights = model.Parameters.Values.Sum(parameter => parameter.numel() * parameter.element_size());
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{(Status("VmHWM") - before) / (double)weights} "));
        if (length == "0") return true;
        long loaded = Status("VmRSS");
        // The peak so far was loading's: a reset of it needs a right that not every machine gives, so the analysis must exceed it to be seen.
        model.AnalyzeRhythm([new TokenSequence(Program.Prompt(model, 8, 1), Program.Prompt(model, int.Parse(length, CultureInfo.InvariantCulture) - 8, 2))], new RhythmOptions());
        Console.Write(Math.Max(Status("VmHWM"), Status("VmRSS")) - loaded);
        return true;
    }

    /// <summary>The figures of a process: the peak of loading, in weights, and what the analysis took on top, in bytes.</summary>
    public static double[] Measure(string folder, int length)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["memory", folder, length.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return [.. output.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => double.Parse(part, CultureInfo.InvariantCulture))];
    }

    private static long Status(string key) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(key, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
