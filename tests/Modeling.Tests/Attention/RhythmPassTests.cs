using CsCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class RhythmPassTests
{
    [Fact]
    public void Values_lie_in_their_ranges_and_undefined_ones_are_nan()
    {
        using CausalLanguageModel model = TinyModel.Create();
        RhythmAnalysis analysis = model.AnalyzeRhythm([Sequence(5, 60, 1)], new RhythmOptions { Window = 6, MinimumHorizon = 4, MaximumHorizon = 20 })[0];
        analysis.Waad.Should().HaveCount(60).And.OnlyContain(x => x >= -1e-4f && x <= 6.0001f);
        analysis.Fai[..56].Should().OnlyContain(x => x >= 0 && x <= 1);
        analysis.Fai[56..].Should().OnlyContain(x => float.IsNaN(x));
        analysis.Entropies.Should().OnlyContain(x => x >= 0 && x <= Math.Log(50) + 1e-4);
        analysis.LogProbabilities.Should().OnlyContain(x => x <= 0);
    }

    [Fact]
    public void Spans_that_groups_were_found_by_come_with_the_analysis()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence[] sequences = [Sequence(5, 60, 1), Sequence(9, 30, 2)];
        IReadOnlyList<HeadMeasurement> measured = model.MeasureHeads(sequences, new RhythmOptions());

        IReadOnlyList<RhythmAnalysis> analyses = model.AnalyzeRhythm(sequences, new RhythmOptions());

        analyses.Select(analysis => analysis.Spans).Should().BeEquivalentTo(measured.Select(heads => heads.Spans), order => order.WithStrictOrdering());
        model.AnalyzeRhythm(sequences, new RhythmOptions { AllHeads = true }).Should().OnlyContain(analysis => analysis.Spans == null);
    }

    /// <summary>Heads of 8 take torch's attention, those of 16 the kernel of sampling.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void A_pass_that_stops_after_the_last_layer_read_finds_the_same(int headDimension)
    {
        using CausalLanguageModel model = TinyModel.Create(config: TinyModel.Config(headDimension: headDimension));
        TokenSequence[] sequences = [Sequence(5, 60, 1), Sequence(9, 130, 2)];
        var options = new RhythmOptions { MinimumHorizon = 4, MaximumHorizon = 20, Layers = LayerSelection.Of(0) };
        IReadOnlyList<RhythmAnalysis> whole = model.AnalyzeRhythm(sequences, options), early = model.ReadRhythm(sequences, options, scores: false);
        foreach ((RhythmAnalysis found, RhythmAnalysis expected) in early.Zip(whole))
        {
            found.LogProbabilities.Should().BeEmpty();
            found.Groups!.Local.Should().Equal(expected.Groups!.Local);
            for (int t = 0; t < expected.Waad.Length; t++)
            {
                found.Waad[t].Should().BeApproximately(expected.Waad[t], 1e-4f);
                float.IsNaN(found.Fai[t]).Should().Be(float.IsNaN(expected.Fai[t]));
                if (!float.IsNaN(expected.Fai[t])) found.Fai[t].Should().BeApproximately(expected.Fai[t], 1e-5f);
            }
        }
    }

    private static readonly Gen<DecoderConfig> AnyConfig = Gen
        .Select(
            Gen.OneOf(Gen.Const((1, 1)), Gen.Const((2, 1)), Gen.Const((3, 3)), Gen.Const((4, 2))),
            Gen.Int[1, 5],
            Gen.OneOf(Gen.Const(0), Gen.Int[1, 30]))
        .Select((heads, layers, window) => new DecoderConfig
        {
            Architecture = "Qwen2ForCausalLM",
            AttentionBias = true,
            VocabularySize = 50,
            HiddenSize = 16,
            IntermediateSize = 24,
            LayerCount = layers,
            HeadCount = heads.Item1,
            KeyValueHeadCount = heads.Item2,
            HeadDimension = 8,
            MaxPositionEmbeddings = 1024,
            TieWordEmbeddings = true,
            SlidingWindow = window == 0 ? null : window,
            SlidingLayers = [.. Enumerable.Range(0, layers).Select(layer => window != 0 && layer % 2 == 0)],
        });

    private static readonly Gen<RhythmOptions> AnyOptions = Gen
        .Select(
            Gen.Select(Gen.Int[1, 15], Gen.Bool),
            Gen.Int[0, 12],
            Gen.OneOf(Gen.Const(-1), Gen.Int[0, 60]),
            Gen.Bool,
            Gen.Bool,
            Gen.Double[0.05, 1],
            Gen.OneOf(Gen.Const("middle"), Gen.Const("all"), Gen.Const("top"), Gen.Const("bottom")))
        .Select((window, low, extent, shrink, allHeads, ratio, layers) => new RhythmOptions
        {
            Window = window.Item1,
            RowAlignment = window.Item2 && low + extent != 0 ? RowAlignment.Generating : RowAlignment.Reading,
            MinimumHorizon = low,
            MaximumHorizon = extent < 0 ? null : low + extent,
            ShrinkHorizon = shrink,
            AllHeads = allHeads,
            HeadRatio = ratio,
            Layers = LayerSelection.Parse(layers),
            Receivers = true,
        });

    /// <summary>Random models, options and sequences, down to one head, one layer, a window of one key, a response of one token and a horizon beyond its
    /// end.</summary>
    [Fact]
    public void Everything_equals_the_definitions_on_whole_maps() =>
        Gen.Select(AnyConfig, AnyOptions, Gen.Select(Gen.Int[1, 12], Gen.Int[1, 50]).Array[1, 3], Gen.Int[1, 1000])
            .Sample(EqualsDefinitions, iter: 60, threads: 1);

    [Theory]
    [InlineData(0)]
    [InlineData(37)]
    public void Long_sequences_which_take_the_flash_kernel_equal_the_definitions_too(int window) => EqualsDefinitions(
        new DecoderConfig
        {
            Architecture = "MistralForCausalLM",
            VocabularySize = 50,
            HiddenSize = 16,
            IntermediateSize = 24,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDimension = 8,
            MaxPositionEmbeddings = 1024,
            TieWordEmbeddings = true,
            SlidingWindow = window == 0 ? null : window,
        },
        new RhythmOptions
        {
            Receivers = true,
            Layers = LayerSelection.All,
            MaximumHorizon = 70,
            RowAlignment = window == 0 ? RowAlignment.Reading : RowAlignment.Generating,
        },
        [(9, 600), (30, 540)],
        seed: 3);

    private static void EqualsDefinitions(DecoderConfig config, RhythmOptions options, (int Prompt, int Response)[] lengths, int seed)
    {
        using CausalLanguageModel model = TinyModel.Create(seed, config);
        TokenSequence[] sequences = [.. lengths.Select((length, i) => Sequence(length.Prompt, length.Response, seed + i))];
        IReadOnlyList<RhythmAnalysis> analyses = model.AnalyzeRhythm(sequences, options);
        IReadOnlyList<HeadMeasurement> measured = model.MeasureHeads(sequences, options);
        for (int i = 0; i < sequences.Length; i++)
        {
            var naive = NaiveRhythm.Of(model, sequences[i], options.Layers, options.RowAlignment);
            foreach (HeadIndex head in naive.Heads)
            {
                int layer = ((int[])[.. measured[i].Spans.Layers]).IndexOf(head.Layer);
                double score = naive.Score(head, options.MinimumHorizon);
                measured[i].Spans.Spans[layer][head.Head].Should().BeApproximately(naive.Span(head), 1e-3);
                if (double.IsNaN(score)) measured[i].Receivers!.Scores[layer][head.Head].Should().Be(double.NaN);
                else measured[i].Receivers!.Scores[layer][head.Head].Should().BeApproximately(score, 1e-2 * Math.Max(1, Math.Abs(score)));
            }
            // Heads whose spans or scores agree to float32 may be ordered either way: the groups found must be right, and the metrics those of the groups.
            HeadGroups expected = naive.Groups(options.HeadRatio, options.MinimumHorizon);
            IReadOnlyList<HeadIndex> all = [.. naive.Heads],
                local = options.AllHeads ? all : analyses[i].Groups!.Local,
                global = options.AllHeads ? all : analyses[i].Groups!.Global;
            if (!options.AllHeads)
            {
                local.Select(naive.Span).Zip(expected.Local.Select(naive.Span), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-3);
                global.Select(naive.Span).Zip(expected.Global.Select(naive.Span), (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-3);
            }
            analyses[i].Receivers.Should().HaveSameCount(expected.Receivers);
            Close(analyses[i].Waad, naive.Waad(local, options.Window), 1e-3);
            Close(analyses[i].Fai, naive.Fai(global, options.MinimumHorizon, options.MaximumHorizon, options.ShrinkHorizon), 1e-5);
            Close(analyses[i].ReceiverFai!, naive.Fai(analyses[i].Receivers!, options.MinimumHorizon, options.MaximumHorizon, options.ShrinkHorizon), 1e-5);
        }
    }

    private static void Close(float[] found, double[] expected, double tolerance)
    {
        found.Should().HaveSameCount(expected);
        for (int t = 0; t < found.Length; t++)
            if (double.IsNaN(expected[t])) found[t].Should().Be(float.NaN);
            else ((double)found[t]).Should().BeApproximately(expected[t], tolerance);
    }

    [Fact]
    public void Sequences_beside_it_do_not_change_an_analysis()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence[] sequences = [Sequence(5, 30, 1), Sequence(20, 3, 2), Sequence(1, 90, 3)];
        IReadOnlyList<RhythmAnalysis> together = model.AnalyzeRhythm(sequences, new RhythmOptions { MinimumHorizon = 2 });
        for (int i = 0; i < sequences.Length; i++)
        {
            RhythmAnalysis alone = model.AnalyzeRhythm([sequences[i]], new RhythmOptions { MinimumHorizon = 2 })[0];
            alone.Waad.Zip(together[i].Waad, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
            alone.Fai.Zip(together[i].Fai, (a, b) => float.IsNaN(a) && float.IsNaN(b) ? 0 : Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f);
            alone.Groups.Should().BeEquivalentTo(together[i].Groups);
        }
    }

    [Fact]
    public void Frozen_groups_give_what_the_same_groups_give_when_found_here()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence[] sequences = [Sequence(5, 30, 1), Sequence(20, 40, 2)];
        IReadOnlyList<RhythmAnalysis> found = model.AnalyzeRhythm(sequences, new RhythmOptions { Grouping = HeadGrouping.PerBatch });
        IReadOnlyList<RhythmAnalysis> frozen = model.AnalyzeRhythm(
            sequences,
            new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = found[0].Groups });
        for (int i = 0; i < sequences.Length; i++)
            frozen[i].Waad.Zip(found[i].Waad, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-5f);
    }

    [Fact]
    public void Spans_of_a_model_whose_heads_look_everywhere_alike_are_half_the_distance()
    {
        // With queries of zero every row is uniform: the mean distance of query t is t / 2.
        using CausalLanguageModel model = TinyModel.Create();
        using (no_grad())
            foreach ((string name, Tensor weight) in model.Parameters)
                if (name.Contains("q_proj")) weight.zero_();
        HeadSpans spans = model.MeasureHeads([Sequence(3, 7, 1)], new RhythmOptions { Layers = LayerSelection.All })[0].Spans;
        spans.Spans.SelectMany(layer => layer).Should().OnlyContain(d => Math.Abs(d - Enumerable.Range(3, 7).Average(t => t / 2.0)) < 1e-5);
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence[] sequences = [Sequence(5, 30, 1), Sequence(20, 40, 2)];
        model.AnalyzeRhythm(sequences, new RhythmOptions());
        model.MeasureHeads(sequences, new RhythmOptions());
        long before = LiveTensors.Settle();
        for (int i = 0; i < 5; i++)
        {
            model.AnalyzeRhythm(sequences, new RhythmOptions { ShrinkHorizon = true, Receivers = true });
            model.AnalyzeRhythm(sequences, new RhythmOptions { Grouping = HeadGrouping.PerBatch });
            model.MeasureHeads(sequences, new RhythmOptions());
        }
        LiveTensors.Now.Should().Be(before);
    }

    [Theory]
    [InlineData("model.embed_tokens.weight")]
    [InlineData("model.layers.1.self_attn.q_proj.weight")]
    [InlineData("model.layers.2.mlp.down_proj.weight")]
    public void A_model_that_computes_nan_is_an_error_and_never_an_undefined_value(string weight)
    {
        using CausalLanguageModel model = TinyModel.Create();
        using (no_grad()) model.Parameters[weight].fill_(float.NaN);
        foreach (RhythmOptions options in new RhythmOptions[]
        {
            new(),
            new() { Receivers = true, Grouping = HeadGrouping.PerBatch },
            new() { AllHeads = true },
        })
            FluentActions.Invoking(() => model.AnalyzeRhythm([Sequence(2, 9, 1)], options))
                .Should().Throw<NotFiniteNumberException>().WithMessage("Row 0: the model's * are not finite*");
        if (weight.Contains("layers.2")) return;
        FluentActions.Invoking(() => model.MeasureHeads([Sequence(2, 9, 1)], new RhythmOptions { Layers = LayerSelection.All }))
            .Should().Throw<NotFiniteNumberException>().WithMessage("Row 0:*not finite*");
    }

    [Fact]
    public void Frozen_groups_that_do_not_fit_the_model_are_refused()
    {
        using CausalLanguageModel model = TinyModel.Create();
        HeadIndex head = new(1, 0);
        Refused(new HeadGroups([], [head]), "*Local holds no head*");
        Refused(new HeadGroups([head], [head, head]), "*Global holds a head twice*");
        Refused(new HeadGroups([head], [new HeadIndex(1, 4)]), "*Global holds head 4 of layer 1, expected heads 0 to 3 of the layers read, 1, 2*");
        Refused(new HeadGroups([new HeadIndex(0, 0)], [head]), "*Local holds head 0 of layer 0*");
        Refused(new HeadGroups([head], [head], [new HeadIndex(1, -1)]), "*Receivers holds head -1*");

        void Refused(HeadGroups groups, string message) =>
            FluentActions.Invoking(() => model.AnalyzeRhythm([Sequence(2, 3, 1)], new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = groups }))
                .Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void Eight_threads_get_identical_results()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence sequence = Sequence(9, 150, 1);
        float[] expected = model.AnalyzeRhythm([sequence], new RhythmOptions())[0].Waad;
        float[][] found = new float[8][];
        Parallel.For(
            0, found.Length,
            new ParallelOptions { MaxDegreeOfParallelism = found.Length },
            i => found[i] = model.AnalyzeRhythm([sequence], new RhythmOptions())[0].Waad);
        found.Should().OnlyContain(waad => waad.SequenceEqual(expected));
    }

    [Fact]
    public void Bad_sequences_are_named()
    {
        using CausalLanguageModel model = TinyModel.Create();
        Refused(new TokenSequence([], [1]), "Row 1: the prompt has no tokens*");
        Refused(new TokenSequence([1], []), "Row 1: the response has no tokens*");
        Refused(new TokenSequence([1], [99]), "Row 1: token 0 of the response is 99, expected an id from 0 to 49*");
        Refused(Sequence(200, 57, 1), "Row 1: prompt (200 tokens) and response (57) exceed the model's context of 256*");

        void Refused(TokenSequence bad, string message) =>
            FluentActions.Invoking(() => model.AnalyzeRhythm([Sequence(2, 2, 1), bad], new RhythmOptions()))
                .Should().Throw<ArgumentException>().WithMessage(message);
    }

    private static TokenSequence Sequence(int prompt, int response, int seed) => new(TinyModel.Ids(prompt, seed), TinyModel.Ids(response, seed + 100));
}
