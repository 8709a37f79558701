using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Benchmarks;

/// <summary>What a step of policy optimisation costs beyond what it must: every figure a ratio against a baseline in the same run.</summary>
/// <remarks>
/// <code>
/// dotnet run -c Release --project benchmarks/Training [part of a figure's name]
/// </code>
/// </remarks>
internal static class Program
{
    public static void Main(string[] args)
    {
        if (StepMemory.TryMeasure(args)) return;
        string only = args.ElementAtOrDefault(0) ?? "";
        Console.WriteLine($"models/countdown, 32 prompts x 8 responses, one update, {get_num_threads()} threads");
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Path.Combine(AppContext.BaseDirectory, "models", "countdown"));
        var steps = new Steps(model);
        Measure("step, coupled credit, fused / with uniform credit", 1.02, () => steps.Milliseconds(CreditStrategy.Coupled, RhythmPassKind.Fused), () => steps.Milliseconds(CreditStrategy.Uniform, RhythmPassKind.Fused));
        Measure("step, coupled credit, separate pass / with uniform credit", 1.10, () => steps.Milliseconds(CreditStrategy.Coupled, RhythmPassKind.Separate), () => steps.Milliseconds(CreditStrategy.Uniform, RhythmPassKind.Fused));
        Measure("step / sampling, forward, backward and optimiser alone", 1 / 0.9, () => steps.Milliseconds(CreditStrategy.Uniform, RhythmPassKind.Fused), steps.KernelMilliseconds);
        if ("memory".Contains(only, StringComparison.OrdinalIgnoreCase)) StepMemory.Report();
        if ("flat".Contains(only, StringComparison.OrdinalIgnoreCase)) steps.ReportGrowth();

        void Measure(string what, double limit, Func<double> work, Func<double> baseline)
        {
            if (what.Contains(only, StringComparison.OrdinalIgnoreCase)) Ratio.Report(what, limit, rounds: 9, work, baseline);
        }
    }
}
