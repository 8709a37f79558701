using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

/// <summary>A real model on real problems, in float32, all sequences in one batch.</summary>
public sealed class RealModelRhythmGoldenTests : IClassFixture<RealModelRhythmGoldenTests.LoadedModel>
{
    private const double WaadTolerance = 2e-3;
    private const double FaiTolerance = 1e-4;

    private readonly JsonElement _golden;
    private readonly JsonElement[] _cases;
    private readonly TokenSequence[] _sequences;
    private readonly CausalLanguageModel _model;

    public RealModelRhythmGoldenTests(LoadedModel loaded)
    {
        string folder = RealModel.Require();
        _golden = Golden.Json("smollm2", "rhythm.json");
        _cases = [.. _golden.GetProperty("cases").EnumerateArray()];
        _sequences = [.. _cases.Select(RhythmGolden.Sequence)];
        _model = loaded.From(folder);
    }

    [Fact]
    public void Prompts_and_responses_have_the_ids_of_the_reference()
    {
        for (int i = 0; i < _cases.Length; i++)
        {
            _model.Tokenizer.Encode(_cases[i].GetProperty("prompt").GetString()!, addSpecialTokens: false).Should().Equal(_sequences[i].PromptIds);
            _model.Tokenizer.Encode(_cases[i].GetProperty("response").GetString()!, addSpecialTokens: false).Should().Equal(_sequences[i].ResponseIds);
        }
    }

    [Fact]
    public void Metrics_groups_and_receivers_equal_the_reference() => ForEach(Analyze(new RhythmOptions { Receivers = true }), (analysis, expected) =>
    {
        RhythmGolden.Close(analysis.Waad, expected, "waad", WaadTolerance);
        RhythmGolden.Close(analysis.Fai, expected, "fai", FaiTolerance);
        RhythmGolden.Close(analysis.ReceiverFai!, expected, "receiver_fai", FaiTolerance);
        RhythmGolden.Close(analysis.Entropies, expected, "entropy", 1e-3);
        RhythmGolden.Close(analysis.LogProbabilities, expected, "log_probs", 1e-3);
        analysis.Groups!.Local.Should().Equal(RhythmGolden.Heads(expected, "local_heads"));
        analysis.Groups.Global.Should().Equal(RhythmGolden.Heads(expected, "global_heads"));
        analysis.Receivers.Should().Equal(RhythmGolden.Heads(expected, "receiver_heads"));
    });

    [Fact]
    public void Open_horizons_equal_the_reference() => ForEach(Analyze(new RhythmOptions { Receivers = true, MaximumHorizon = null }), (analysis, expected) =>
    {
        RhythmGolden.Close(analysis.Fai, expected, "fai_open", FaiTolerance);
        RhythmGolden.Close(analysis.ReceiverFai!, expected, "receiver_fai_open", FaiTolerance);
    });

    [Fact]
    public void Other_windows_and_horizons_equal_the_reference() =>
        ForEach(Analyze(new RhythmOptions { Window = 5, MaximumHorizon = 50, ShrinkHorizon = true }), (analysis, expected) =>
        {
            RhythmGolden.Close(analysis.Waad, expected, "waad_w5", WaadTolerance);
            // The tokens that shrinking defines are the last H_lo, whatever the farther end is.
            double[] bounded = RhythmGolden.Numbers(expected.GetProperty("fai_hi50")), shrunk = RhythmGolden.Numbers(expected.GetProperty("fai_shrunk"));
            RhythmGolden.Close(
                [.. analysis.Fai.Select(x => (double)x)],
                [.. bounded.Select((x, t) => double.IsNaN(x) ? shrunk[t] : x)],
                FaiTolerance, "fai_hi50 and fai_shrunk");
        });

    [Fact]
    public void All_heads_equal_the_reference() => ForEach(Analyze(new RhythmOptions { AllHeads = true }), (analysis, expected) =>
    {
        RhythmGolden.Close(analysis.Waad, expected, "waad_all_heads", WaadTolerance);
        RhythmGolden.Close(analysis.Fai, expected, "fai_all_heads", FaiTolerance);
    });

    [Fact]
    public void Spans_calibrated_groups_and_the_metrics_with_them_equal_the_reference()
    {
        JsonElement calibrated = _golden.GetProperty("calibrated");
        IReadOnlyList<HeadMeasurement> measured = _model.MeasureHeads(_sequences, new RhythmOptions());
        for (int i = 0; i < _cases.Length; i++) RhythmGolden.CloseSpans(measured[i].Spans, _cases[i], WaadTolerance);
        HeadMeasurement pooled = HeadMeasurement.Pool(measured);
        RhythmGolden.CloseSpans(pooled.Spans, calibrated, WaadTolerance);
        HeadGroups groups = pooled.Group(0.3);
        groups.Local.Should().Equal(RhythmGolden.Heads(calibrated, "local_heads"));
        groups.Global.Should().Equal(RhythmGolden.Heads(calibrated, "global_heads"));

        RhythmAnalysis[] analyses = Analyze(new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = groups });
        for (int i = 0; i < _cases.Length; i++)
        {
            RhythmGolden.Close(analyses[i].Waad, calibrated.GetProperty("waad")[i], WaadTolerance);
            RhythmGolden.Close(analyses[i].Fai, calibrated.GetProperty("fai")[i], FaiTolerance);
        }
    }

    [Fact]
    public void Flow_equals_the_reference()
    {
        FlowSequence[] sequences = [.. _cases.Select((test, i) => new FlowSequence(_sequences[i], RhythmGolden.Answer(test)))];
        IReadOnlyList<FlowAnalysis> flows = _model.AnalyzeFlow(sequences);
        for (int i = 0; i < _cases.Length; i++)
            RhythmGolden.CloseRelative(flows[i].Throughput, _cases[i].GetProperty("flow").GetProperty("throughput"), "throughput", 1e-2);
    }

    private RhythmAnalysis[] Analyze(RhythmOptions options) => [.. _model.AnalyzeRhythm(_sequences, options)];

    private void ForEach(RhythmAnalysis[] analyses, Action<RhythmAnalysis, JsonElement> check)
    {
        foreach ((RhythmAnalysis analysis, JsonElement expected) in analyses.Zip(_cases)) check(analysis, expected);
    }

    /// <summary>The model, loaded by the first test that needs it.</summary>
    public sealed class LoadedModel : IDisposable
    {
        private CausalLanguageModel? _model;

        public CausalLanguageModel From(string folder) => _model ??= CausalLanguageModel.FromPretrained(folder);

        public void Dispose() => _model?.Dispose();
    }
}
