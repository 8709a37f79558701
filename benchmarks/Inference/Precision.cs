using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Benchmarks;

/// <summary>What bfloat16 weights and activations change in the metrics, measured against float32 on given text.</summary>
internal static class Precision
{
    private const int Rows = 64;

    /// <param name="folder">The model.</param>
    /// <param name="problems">JSON lines with "question" and "answer": prompts and responses.</param>
    public static void Report(string folder, string problems)
    {
        using CausalLanguageModel single = CausalLanguageModel.FromPretrained(folder), half = CausalLanguageModel.FromPretrained(folder, Program.Half);
        TokenSequence[] sequences = [.. File.ReadLines(problems).Take(Rows).Select(line => JsonDocument.Parse(line).RootElement).Select(problem =>
            new TokenSequence(Encode(problem, "question"), Encode(problem, "answer")))];
        RhythmAnalysis[] exact = Analyze(single, new RhythmOptions { Grouping = HeadGrouping.PerBatch }),
            own = Analyze(half, new RhythmOptions { Grouping = HeadGrouping.PerBatch });
        HeadGroups groups = exact[0].Groups!;
        RhythmAnalysis[] rounded = Analyze(half, new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = groups });

        Console.WriteLine($"{Path.GetFileName(folder)}, {Rows} texts, {exact.Sum(analysis => analysis.Waad.Length)} tokens: bfloat16 against float32");
        Console.WriteLine($"{"",-22} {"mean",10} {"mean |dev|",10} {"p99 |dev|",10} {"max |dev|",10} {"correlation",12} {"same top 40 %",14}");
        Row("WAAD, tokens", analysis => analysis.Waad);
        Row("FAI", analysis => analysis.Fai);
        Row("log-probability, nats", analysis => analysis.LogProbabilities);
        Row("entropy, nats", analysis => analysis.Entropies);
        Console.WriteLine(
            $"the same heads chosen: local {Shared(groups.Local, own[0].Groups!.Local):P0}, global {Shared(groups.Global, own[0].Groups!.Global):P0}");

        int[] Encode(JsonElement problem, string field) => single.Tokenizer.Encode(problem.GetProperty(field).GetString()!, addSpecialTokens: false);

        RhythmAnalysis[] Analyze(CausalLanguageModel model, RhythmOptions options) => [.. model.AnalyzeRhythm(sequences, options)];

        void Row(string name, Func<RhythmAnalysis, float[]> metric)
        {
            (double Exact, double Rounded)[] pairs = [.. exact.Zip(rounded)
                .SelectMany(pair => metric(pair.First).Zip(metric(pair.Second), (a, b) => ((double)a, (double)b)))
                .Where(pair => !double.IsNaN(pair.Item1))];
            double[] deviations = [.. pairs.Select(pair => Math.Abs(pair.Exact - pair.Rounded)).Order()];
            double same = exact.Zip(rounded).Average(pair => SameTop(metric(pair.First), metric(pair.Second)));
            Console.WriteLine(
                $"{name,-22} {pairs.Average(pair => pair.Exact),10:G4} {deviations.Average(),10:G3} {deviations[(int)(0.99 * deviations.Length)],10:G3} {deviations[^1],10:G3} {Correlation(pairs),12:F5} {same,14:P1}");
        }
    }

    private static double Correlation((double A, double B)[] pairs)
    {
        (double a, double b) = (pairs.Average(pair => pair.A), pairs.Average(pair => pair.B));
        return pairs.Sum(pair => (pair.A - a) * (pair.B - b))
            / Math.Sqrt(pairs.Sum(pair => (pair.A - a) * (pair.A - a)) * pairs.Sum(pair => (pair.B - b) * (pair.B - b)));
    }

    /// <summary>Of the 40 % of tokens that one ranks highest, which credit would choose, the share that the other chooses too.</summary>
    private static double SameTop(float[] one, float[] other)
    {
        return (double)Top(one).Intersect(Top(other)).Count() / Top(one).Count();

        static IEnumerable<int> Top(float[] values)
        {
            int[] defined = [.. Enumerable.Range(0, values.Length).Where(i => !float.IsNaN(values[i]))];
            return defined.OrderByDescending(i => values[i]).Take(Math.Max(1, (int)(0.4 * defined.Length)));
        }
    }

    private static double Shared(IReadOnlyList<HeadIndex> one, IReadOnlyList<HeadIndex> other) => (double)one.Intersect(other).Count() / one.Count;
}
