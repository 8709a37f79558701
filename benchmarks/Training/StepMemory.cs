using System.Diagnostics;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;

namespace MLNetAttn.Benchmarks;

/// <summary>The peak of memory of a step over responses of 1 024 tokens, with a small and a large vocabulary; each in a process of its own.</summary>
internal static class StepMemory
{
    private const string Mark = "step-memory";
    private const int Length = 1024, Responses = 4;

    /// <summary>Whether the process was started to measure it; it then has.</summary>
    public static bool TryMeasure(string[] args)
    {
        if (args is not [Mark, string vocabulary]) return false;
        Console.Write(Measure(int.Parse(vocabulary, CultureInfo.InvariantCulture)));
        return true;
    }

    /// <summary>Prints the ratio.</summary>
    public static void Report()
    {
        long small = Run(4096), large = Run(49_152);
        Console.WriteLine(
            $"memory, step of {Responses} x {Length} tokens above the loaded model, V = 49152 / V = 4096: {large >> 20} MB / {small >> 20} MB   ratio {large / (double)small:F2}   at most 1.50");
    }

    private static long Run(int vocabulary)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, [Mark, vocabulary.ToString(CultureInfo.InvariantCulture)])
            {
                RedirectStandardOutput = true,
            })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return long.Parse(output, CultureInfo.InvariantCulture);
    }

    /// <summary>Bytes at the peak of a step beyond the model that training starts from.</summary>
    private static long Measure(int vocabulary)
    {
        using CausalLanguageModel model = CausalLanguageModel.Create(new DecoderConfig
        {
            VocabularySize = vocabulary,
            HiddenSize = 576,
            IntermediateSize = 1536,
            LayerCount = 6,
            HeadCount = 9,
            KeyValueHeadCount = 3,
            HeadDimension = 64,
            MaxPositionEmbeddings = 2048,
            TieWordEmbeddings = true,
        }, tokenizer: null, seed: 1);
        var random = new Random(1);
        var ml = new MLContext();
        IDataView rows = ml.Data.LoadFromEnumerable(Enumerable.Range(0, Responses).Select(i => new Row
        {
            Prompt = [1, 2, 3, 4, 5, 6, 7, 8],
            Response = [.. Enumerable.Range(0, Length - 8).Select(_ => random.Next(vocabulary))],
            Reward = i,
            Group = 1,
        }));
        long before = ResidentMemory.Now;
        ml.Policies.Trainers.PolicyOptimization(
            model,
            new RecordedRollouts(),
            new PolicyOptimizationOptions
            {
                Steps = 2,
                PromptsPerStep = 1,
                Generations = Responses,
                MaxNewTokens = Length,
                LearningRate = 1e-6,
            }).Fit(rows).Dispose();
        return ResidentMemory.Peak - before;
    }

    private sealed class Row
    {
        [VectorType]
        public int[] Prompt { get; set; } = [];

        [VectorType]
        public int[] Response { get; set; } = [];

        public float Reward { get; set; }

        public int Group { get; set; }
    }
}
