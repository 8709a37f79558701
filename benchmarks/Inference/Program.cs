using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Benchmarks;

/// <summary>What inference costs beyond what it must: every figure a ratio against a baseline in the same run.</summary>
/// <remarks>
/// <code>
/// ../shared/models/prepare
/// dotnet run -c Release --project benchmarks/Inference [model folder or -] [part of a figure's name]
/// dotnet run -c Release --project benchmarks/Inference - precision ../shared/data/gsm8k_test.jsonl
/// </code>
/// </remarks>
internal static class Program
{
    public static ModelLoadOptions Half { get; } = new() { DataType = ScalarType.BFloat16 };

    public static void Main(string[] args)
    {
        if (FreshProcess.TryMeasure(args)) return;
        string folder = args.ElementAtOrDefault(0) is { } given and not "-" ? given
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "mlnetattn", "smollm2-135m-instruct");
        string only = args.ElementAtOrDefault(1) ?? "";
        if (only == "precision")
        {
            Precision.Report(folder, args[2]);
            return;
        }
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder, Half);
        Console.WriteLine($"{Path.GetFileName(folder)}, bfloat16, {get_num_threads()} threads");
        using (var baselines = new Baselines(model.Config)) Generation(model, baselines, Measure);
        foreach (int length in (int[])[512, 2048]) Analysis(model, length, Measure);
        Measure("loading / reading the file, new processes", 1.5, 5, () => FreshProcess.LoadTime(folder), () => FreshProcess.Read(folder));
        if ("memory".Contains(only, StringComparison.OrdinalIgnoreCase))
        {
            double small = FreshProcess.AnalysisBytes(folder, 1024), large = FreshProcess.AnalysisBytes(folder, 4096);
            Console.WriteLine($"memory, peak of loading / weights: {FreshProcess.LoadPeak(folder):F2}   at most 1.20");
            Console.WriteLine(
                $"memory, analysis above the weights at T = 4096 / at T = 1024: {large / 1e6:F0} MB / {small / 1e6:F0} MB   ratio {large / small:F2}   at most 4.40");
        }

        void Measure(string what, double limit, int rounds, Func<double> work, Func<double> baseline)
        {
            if (what.Contains(only, StringComparison.OrdinalIgnoreCase)) Ratio.Report(what, limit, rounds, work, baseline);
        }
    }

    /// <summary>Random token ids.</summary>
    public static int[] Prompt(CausalLanguageModel model, int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.Next(model.Config.VocabularySize))];
    }

    private static void Generation(CausalLanguageModel model, Baselines baselines, Action<string, double, int, Func<double>, Func<double>> measure)
    {
        measure("decode step, batch 1, context 64 / reading the weights once", 2.0, 9, () => Step(batch: 1, context: 64), baselines.ReadOnce);
        measure("decode step, batch 8, context 64 / reading the weights once", 4.0, 5, () => Step(batch: 8, context: 64), baselines.ReadOnce);
        measure(
            "decode step, batch 32, context 512 / its matrix products", 2.0, 5,
            () => Step(batch: 32, context: 512),
            () => baselines.Multiply(rows: 32, headRows: 32, times: 16));
        measure(
            "prefill of 1024 tokens / its matrix products", 1.6, 5,
            () => Ratio.Time(() => Generate(batch: 1, context: 1024, tokens: 1)),
            () => baselines.Multiply(rows: 1024, headRows: 1));

        // The time of a step is the difference between a long and a short run: what comes before the first step counts in neither. Samples of one prompt keep
        // that short.
        double Step(int batch, int context)
        {
            const int steps = 32;
            double one = Ratio.Time(() => Generate(batch, context, tokens: 1)), many = Ratio.Time(() => Generate(batch, context, tokens: steps + 1));
            return (many - one) / steps;
        }

        void Generate(int batch, int context, int tokens) =>
            model.Generate(
                [Prompt(model, context, seed: 1)],
                new GenerationOptions
                {
                    SamplesPerPrompt = batch,
                    MaxNewTokens = tokens,
                    StopTokenIds = [],
                    Temperature = batch == 1 ? 0 : 1,
                });
    }

    private static void Analysis(CausalLanguageModel model, int length, Action<string, double, int, Func<double>, Func<double>> measure)
    {
        TokenSequence[] sequences = [new(Prompt(model, 8, 1), Prompt(model, length - 8, 2))];
        var perSequence = new RhythmOptions();
        HeadGroups groups = model.MeasureHeads(sequences, perSequence)[0].Group(perSequence.HeadRatio);
        var frozen = new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = groups };
        measure($"analysis, frozen groups, T = {length} / log-probabilities", 1.05, 9, () => Analyze(frozen), LogProbabilities);
        measure($"analysis with spans, T = {length} / log-probabilities", 1.10, 9, () => Analyze(perSequence), LogProbabilities);

        double Analyze(RhythmOptions options) => Ratio.Time(() => model.AnalyzeRhythm(sequences, options));
        double LogProbabilities() => Ratio.Time(() => model.LogProbabilities(sequences));
    }
}
