using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Benchmarks;

/// <summary>What a step of policy optimisation costs beyond what it must: every figure a ratio against a baseline in the same run.</summary>
/// <remarks>
/// <code>
/// dotnet run -c Release --project benchmarks/Training [part of a figure's name [folder of a model that learns by LoRA instead of the embedded one [its type: bfloat16, or float32]]]
/// </code>
/// </remarks>
internal static class Program
{
    public static void Main(string[] args)
    {
        if (StepMemory.TryMeasure(args)) return;
        string only = args.ElementAtOrDefault(0) ?? "";
        bool embedded = args.Length < 2;
        string folder = embedded ? Path.Combine(AppContext.BaseDirectory, "models", "countdown") : args[1];
        StepSize size = embedded
            ? new StepSize(32, 8, 96, Timed: 4, Pairs: 100)
            : new StepSize(2, 4, 64, Timed: 2, Pairs: 20, new LoraOptions { Rank = 16, TargetModules = LoraOptions.AllLinear });
        Console.WriteLine(
            $"{folder}, {size.Prompts} prompts x {size.Generations} responses of up to {size.MaxNewTokens} tokens, one update where no other number is named, {get_num_threads()} threads");
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(
            folder,
            new ModelLoadOptions
            {
                DataType = embedded || args.ElementAtOrDefault(2) == "float32" ? ScalarType.Float32 : ScalarType.BFloat16,
            });
        var steps = new Steps(model, size);
        Compare("step, coupled, fused, groups every 10 steps / uniform", 1.02, () => steps.Pairs(RhythmPassKind.Fused, groupsEvery: 10));
        Compare("step, coupled, fused, groups every step / uniform", 1.10, () => steps.Pairs(RhythmPassKind.Fused));
        Compare("step, coupled, separate pass, groups every 10 steps / uniform", 1.10, () => steps.Pairs(RhythmPassKind.Separate, groupsEvery: 10));
        Compare("step, coupled, separate pass, groups every step / uniform", 1.10, () => steps.Pairs(RhythmPassKind.Separate));
        Compare("step of two updates, coupled, separate pass / uniform, which makes a pass for the old log-probabilities", 1.10,
            () => steps.Pairs(RhythmPassKind.Separate, groupsEvery: 10, updates: 2));
        Measure("step / sampling, forward, backward and optimiser alone", 1 / 0.9, steps.Milliseconds, steps.KernelMilliseconds);
        if (embedded) Measure("step / the operations of transformers and TRL", 1, steps.Milliseconds, steps.EagerMilliseconds);
        if ("memory".Contains(only, StringComparison.OrdinalIgnoreCase)) StepMemory.Report();
        if ("flat".Contains(only, StringComparison.OrdinalIgnoreCase)) steps.ReportGrowth(inUse: false);
        if ("flat, in use".Contains(only, StringComparison.OrdinalIgnoreCase)) steps.ReportGrowth(inUse: true);

        void Compare(string what, double limit, Func<(double, double)[]> pairs)
        {
            if (what.Contains(only, StringComparison.OrdinalIgnoreCase)) Ratio.Report(what, limit, pairs());
        }

        void Measure(string what, double limit, Func<double[]> work, Func<double[]> baseline)
        {
            if (what.Contains(only, StringComparison.OrdinalIgnoreCase)) Ratio.Report(what, limit, rounds: embedded ? 15 : 5, work, baseline);
        }
    }
}
