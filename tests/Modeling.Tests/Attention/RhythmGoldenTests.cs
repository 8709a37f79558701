using System.Text.Json;
using static MLNetAttn.Modeling.Tests.RhythmGolden;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class RhythmGoldenTests
{
    /// <summary>Relative. Norms are in float32 here as in transformers, and their last bits, which differ from processor to processor, grow through twelve
    /// layers.</summary>
    private const double Rounding = 1e-4;

    public static IEnumerable<TheoryDataRow<string>> Models => Golden.Files("rhythm", "*.json").Where(row => row.Data is not ("credit" or "layers"));

    [Fact]
    public void Layers_read_are_those_of_the_reference()
    {
        foreach (JsonProperty count in Golden.Json("rhythm", "layers.json").EnumerateObject())
            foreach (JsonProperty which in count.Value.EnumerateObject())
                LayerSelection.Parse(which.Name).Resolve(int.Parse(count.Name))
                    .Should().Equal(which.Value.Deserialize<int[]>(), $"{which.Name} of {count.Name} layers");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Spans_and_groups_equal_the_reference(string name) => ForEachCase(name, (model, test, sequence) =>
    {
        HeadSpans spans = model.MeasureHeads([sequence], Options(test))[0].Spans;
        spans.Layers.Should().Equal(test.GetProperty("layers").Deserialize<int[]>());
        CloseSpans(spans, test, 1e-4);
        HeadGroups groups = spans.Group(0.3);
        groups.Local.Should().Equal(Heads(test, "local_heads"));
        groups.Global.Should().Equal(Heads(test, "global_heads"));
    });

    [Theory]
    [MemberData(nameof(Models))]
    public void Metrics_equal_the_reference(string name) => ForEachCase(name, (model, test, sequence) =>
    {
        RhythmAnalysis analysis = model.AnalyzeRhythm([sequence], Options(test))[0];
        Close(analysis.Waad, test, "waad", 1e-4);
        Close(analysis.Fai, test, "fai", 1e-5);
        Close(analysis.Entropies, test, "entropy", 1e-4);
        Close(analysis.LogProbabilities, test, "log_probs", 1e-4);
        analysis.Groups!.Local.Should().Equal(Heads(test, "local_heads"));
        analysis.Groups.Global.Should().Equal(Heads(test, "global_heads"));

        Close(model.AnalyzeRhythm([sequence], new RhythmOptions { Layers = Layers(test), MaximumHorizon = 50 })[0].Fai, test, "fai_hi50", 1e-5);
        Close(model.AnalyzeRhythm([sequence], new RhythmOptions { Layers = Layers(test), MaximumHorizon = null })[0].Fai, test, "fai_open", 1e-5);
        Close(model.AnalyzeRhythm([sequence], new RhythmOptions { Layers = Layers(test), ShrinkHorizon = true })[0].Fai, test, "fai_shrunk", 1e-5);
        Close(model.AnalyzeRhythm([sequence], new RhythmOptions { Layers = Layers(test), Window = 5 })[0].Waad, test, "waad_w5", 1e-4);
        RhythmAnalysis all = model.AnalyzeRhythm([sequence], new RhythmOptions { Layers = Layers(test), AllHeads = true })[0];
        Close(all.Waad, test, "waad_all_heads", 1e-4);
        Close(all.Fai, test, "fai_all_heads", 1e-5);
    });

    [Theory]
    [MemberData(nameof(Models))]
    public void Layers_listed_one_by_one_are_the_layers_that_a_name_stands_for(string name) => ForEachCase(name, (model, test, sequence) =>
    {
        RhythmAnalysis analysis = model.AnalyzeRhythm(
            [sequence], new RhythmOptions { Layers = LayerSelection.Of(test.GetProperty("layers").Deserialize<int[]>()!) })[0];
        Close(analysis.Waad, test, "waad", 1e-4);
        Close(analysis.Fai, test, "fai", 1e-5);
    });

    [Theory]
    [MemberData(nameof(Models))]
    public void Receivers_equal_the_reference(string name) => ForEachCase(name, (model, test, sequence) =>
    {
        ReceiverScores scores = model.MeasureHeads([sequence], new RhythmOptions { Layers = Layers(test), Receivers = true })[0].Receivers!;
        JsonElement[] expected = [.. test.GetProperty("receiver_scores").EnumerateArray()];
        for (int layer = 0; layer < expected.Length; layer++) CloseRelative(scores.Scores[layer], expected[layer], "receiver_scores", Rounding, floor: 1);

        foreach ((int? horizon, string fai) in new[] { ((int?)100, "receiver_fai"), (null, "receiver_fai_open") })
        {
            RhythmAnalysis analysis = model.AnalyzeRhythm(
                [sequence], new RhythmOptions { Layers = Layers(test), Receivers = true, MaximumHorizon = horizon })[0];
            analysis.Receivers.Should().Equal(Heads(test, "receiver_heads"));
            Close(analysis.ReceiverFai!, test, fai, 1e-5);
            Close(analysis.Fai, test, horizon is null ? "fai_open" : "fai", 1e-5);
            var frozen = new RhythmOptions
            {
                Layers = Layers(test),
                Receivers = true,
                MaximumHorizon = horizon,
                Grouping = HeadGrouping.Frozen,
                FrozenGroups = analysis.Groups,
            };
            Close(model.AnalyzeRhythm([sequence], frozen)[0].ReceiverFai!, test, fai, 1e-5);
        }
    });

    [Theory]
    [MemberData(nameof(Models))]
    public void Flow_equals_the_reference(string name) => ForEachCase(name, (model, test, sequence) =>
    {
        if (!test.TryGetProperty("flow", out JsonElement expected)) return;
        FlowAnalysis flow = model.AnalyzeFlow([new FlowSequence(sequence, Answer(test))], Layers(test))[0];
        CloseRelative(flow.Reachability, expected.GetProperty("reachability"), "reachability", Rounding);
        CloseRelative(flow.Inflow, expected.GetProperty("inflow"), "inflow", Rounding);
        CloseRelative(flow.Throughput, expected.GetProperty("throughput"), "throughput", Rounding);
        flow.ResponseThroughput.Should().Equal(flow.Throughput.Skip(sequence.PromptIds.Length));
    });

    [Theory]
    [MemberData(nameof(Models))]
    public void Peaks_equal_the_reference(string name) => ForEachCase(name, (_, test, _) =>
    {
        foreach ((string counts, double prominence) in new[] { ("coupling", 0.5), ("coupling_strict_peaks", 0.0) })
            foreach ((string peaks, string series) in new[] { ("waad_peaks", "waad"), ("fai_peaks", "fai_open"), ("receiver_peaks", "receiver_fai_open") })
                RhythmPeaks.Find(Numbers(test.GetProperty(series)), prominence)
                    .Should().Equal(test.GetProperty(counts).GetProperty(peaks).Deserialize<int[]>(), $"{counts} {peaks}");
    });

    [Theory]
    [MemberData(nameof(Models))]
    public void Metrics_in_float32_are_close_to_the_reference(string name)
    {
        JsonElement golden = Golden.Json("rhythm", name + ".json");
        using CausalLanguageModel model = Load(golden, ScalarType.Float32);
        foreach (JsonElement test in golden.GetProperty("cases").EnumerateArray())
        {
            RhythmAnalysis analysis = model.AnalyzeRhythm([Sequence(test)], Options(test))[0];
            Close(analysis.Waad, test, "waad", 1e-3);
            Close(analysis.Fai, test, "fai", 1e-5);
            analysis.Groups!.Local.Should().Equal(Heads(test, "local_heads"));
            analysis.Groups.Global.Should().Equal(Heads(test, "global_heads"));
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Groups_calibrated_on_all_sequences_and_frozen_equal_the_reference(string name)
    {
        JsonElement golden = Golden.Json("rhythm", name + ".json"), calibrated = golden.GetProperty("calibrated");
        using CausalLanguageModel model = Load(golden);
        int count = calibrated.GetProperty("waad").GetArrayLength();
        JsonElement[] cases = [.. golden.GetProperty("cases").EnumerateArray().Take(count)];
        TokenSequence[] sequences = [.. cases.Select(Sequence)];

        HeadGroups groups = HeadMeasurement.Pool(model.MeasureHeads(sequences, Options(cases[0]))).Group(0.3);
        groups.Local.Should().Equal(Heads(calibrated, "local_heads"));
        groups.Global.Should().Equal(Heads(calibrated, "global_heads"));

        // One batch of all lengths: what stands beside a sequence, and after it, must not matter.
        var options = new RhythmOptions { Layers = Layers(cases[0]), Grouping = HeadGrouping.Frozen, FrozenGroups = groups };
        IReadOnlyList<RhythmAnalysis> analyses = model.AnalyzeRhythm(sequences, options),
            pooled = model.AnalyzeRhythm(sequences, new RhythmOptions { Layers = Layers(cases[0]), Grouping = HeadGrouping.PerBatch });
        for (int i = 0; i < count; i++)
        {
            Close(analyses[i].Waad, calibrated.GetProperty("waad")[i], 1e-4);
            Close(analyses[i].Fai, calibrated.GetProperty("fai")[i], 1e-5);
            Close(pooled[i].Waad, calibrated.GetProperty("waad")[i], 1e-4);
            Close(pooled[i].Fai, calibrated.GetProperty("fai")[i], 1e-5);
        }
    }

    private static void ForEachCase(string name, Action<CausalLanguageModel, JsonElement, TokenSequence> check)
    {
        JsonElement golden = Golden.Json("rhythm", name + ".json");
        using CausalLanguageModel model = Load(golden);
        foreach (JsonElement test in golden.GetProperty("cases").EnumerateArray()) check(model, test, Sequence(test));
    }

    /// <summary>In float64, as the reference: twelve layers of random attention blow the last bits of float32 up to more than the tolerance, in any
    /// implementation.</summary>
    private static CausalLanguageModel Load(JsonElement golden, ScalarType type = ScalarType.Float64) =>
        CausalLanguageModel.FromPretrained(Golden.Require("models", golden.GetProperty("model").GetString()!), new ModelLoadOptions { DataType = type });

    private static RhythmOptions Options(JsonElement test) => new() { Layers = Layers(test) };
}
