using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Traces for reports.</summary>
internal static class ReportSamples
{
    /// <summary>What a model may write to break out of a page.</summary>
    public static readonly string[] Hostile =
    [
        "</script>", "<script>alert(1)</script>", "<!--", "-->", "<img src=x onerror=alert(1)>", "&amp;", "\"'`", "{{data}}",
        "\u2028", "\0", "\n", "", "\ud83d", "中文", "=1+1", "${1}", "</style>",
    ];

    /// <summary>A made-up response: a band of attention, anchors that later tokens look back at, a first token that takes the rest.</summary>
    public static ReportTrace Synthetic(int prompt, int response, string? variant = null, int seed = 1)
    {
        var random = new Random(seed);
        string[] words = " Let| x| be| the| number| of| apples|.|\n| Then| 3| x| +| 5| =| 20|,| so| we| have| x| =| 5|.| Wait|,| check| it|:".Split('|');
        int length = prompt + response;
        double[] anchor = [.. Enumerable.Range(0, length).Select(t => t % 29 == 9 ? 0.5 : 0)];
        AttentionMap Map(double reach, double far) => new([.. Enumerable.Range(0, length).Select(t =>
        {
            double[] row = [.. Enumerable.Range(0, t + 1).Select(s =>
                Math.Exp((s - t) / reach) * random.NextDouble()
                + far * (anchor[s] + 0.05 * random.NextDouble() * random.NextDouble())
                + (s == 0 ? 2 : 0))];
            double sum = row.Sum();
            return row.Select(weight => weight / sum).ToArray();
        })]);
        HeadIndex[] local = [new(3, 0), new(3, 2)], global = [new(3, 1), new(5, 3)];
        float[] Values(Func<int, double> value) => [.. Enumerable.Range(0, response).Select(t => (float)value(t))];
        float[] fai = Values(t => t >= response - 10
            ? double.NaN
            : 0.004 + (anchor[prompt + t] > 0 ? 0.02 * (1 + random.NextDouble()) : 0.004 * random.NextDouble()));
        return new ReportTrace
        {
            Variant = variant,
            PromptTokens = [.. Enumerable.Range(0, prompt).Select(t => words[(t * 7 + 3) % words.Length])],
            ResponseTokens = [.. Enumerable.Range(0, response).Select(t => words[(t + seed) % words.Length])],
            TokenIds = [.. Enumerable.Range(100, response)],
            Waad = Values(t => 2 + 3 * Math.Abs(Math.Sin(t * 0.37)) + random.NextDouble()),
            Fai = fai,
            ReceiverFai = Values(t => float.IsNaN(fai[t]) ? double.NaN : fai[t] * 1.3),
            Entropy = Values(t => Math.Abs(Math.Sin(t * 0.61)) * random.NextDouble()),
            LogProbability = Values(t => -random.NextDouble()),
            Credit = Values(t => t % 3 == 0 ? 1.5 : 1),
            Roles = [.. Enumerable.Range(0, response).Select(t => (t % 29) switch
            {
                9 => TokenRoles.Anchor,
                8 => TokenRoles.Introduction | TokenRoles.Preplan,
                12 => TokenRoles.DominatedAnchor,
                _ => TokenRoles.None,
            })],
            Spans = new HeadSpans([3, 5], [[3.5, 60, 4.25, 20], [8, 21.5, 33, 120]], response),
            Groups = new HeadGroups(local, global, [new(5, 3), new(5, 2)]),
            Maps = [StoredMap.Create("Local heads, mean", Map(4, 0.01), local), StoredMap.Create("Global heads, mean", Map(60, 0.3), global)],
        };
    }

    /// <summary>A response of hostile tokens that knows nothing but its WAAD.</summary>
    public static ReportTrace Bare => new() { PromptTokens = Hostile, ResponseTokens = Hostile, Waad = [.. Hostile.Select((_, i) => i == 2 ? float.NaN : i)] };

    /// <summary>Two responses to one prompt, one to another, a table and curves.</summary>
    public static RhythmReport Two => new RhythmReport("Two sides")
        .Add(Synthetic(30, 150, "before"), Synthetic(30, 120, "after", seed: 4))
        .Add(Bare)
        .Add(new ReportTable("Coupling", ["statistic", "observed"], [["entropy at peaks", "0.36"]]) { Note = "A note." })
        .Add(
            new TrainingCurve("reward", "GRPO", [1, 2, 3], [0.1, 0.2, 0.25]),
            new TrainingCurve("reward", "coupled", [1, 2, 3], [0.1, 0.3, double.NaN]));

    /// <summary>The embedded model's own search, greedily and sampled.</summary>
    public static RhythmReport Demo()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Repository.Path("models", "countdown"));
        CountdownProblem problem = Countdown.Generate(4, seed: 11)[1];
        int[] prompt = model.Tokenizer.Encode(problem.Prompt);
        HeadIndex[] heads = [new(1, 0), new(1, 3), new(2, 2)];
        ReportTrace Trace(string variant, double temperature) => ReportTraces.Create(
            model,
            new(prompt, model.Generate([prompt], new() { MaxNewTokens = 112, Temperature = temperature, Seed = 6 })[0].TokenIds),
            new() { Variant = variant, HeadMaps = heads });
        double[] steps = [.. Enumerable.Range(1, 80)];
        var random = new Random(1);
        TrainingCurve Curve(string name, double top) => new(
            "reward", name, steps,
            [.. steps.Select(step => 0.34 + (top - 0.34) * (1 - Math.Exp(-step / 30)) + 0.02 * random.NextDouble())]);
        return new RhythmReport("Countdown: greedy and sampled").Add(Trace("greedy", 0), Trace("sampled", 1))
            .AddNote("Model", "models/countdown").AddNote("Layers read", "1, 2").AddNote("FAI horizon", "10 to 100")
            .Add(new ReportTable(
                "Coupling of the rhythm",
                ["statistic", "random", "observed", "lift", "95 % interval"],
                [
                    ["entropy at WAAD peaks, nats", "0.239", "0.361", "+52.0 %", "+45 to +59 %"],
                    ["receiver peaks that are FAI peaks", "22.4 %", "60.8 %", "+171 %", "+150 to +193 %"],
                ])
            { Note = "Pooled over all tokens of all responses; intervals by bootstrap over responses." })
            .Add(Curve("GRPO", 0.5), Curve("coupled credit", 0.57));
    }
}
