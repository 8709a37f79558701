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
        IReadOnlyList<RhythmAnalysis> frozen = model.AnalyzeRhythm(sequences, new RhythmOptions { Grouping = HeadGrouping.Frozen, FrozenGroups = found[0].Groups });
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
            model.AnalyzeRhythm(sequences, new RhythmOptions { ShrinkHorizon = true });
            model.MeasureHeads(sequences, new RhythmOptions());
        }
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void Eight_threads_get_identical_results()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence sequence = Sequence(9, 150, 1);
        float[] expected = model.AnalyzeRhythm([sequence], new RhythmOptions())[0].Waad;
        float[][] found = new float[8][];
        Parallel.For(0, found.Length, new ParallelOptions { MaxDegreeOfParallelism = found.Length }, i => found[i] = model.AnalyzeRhythm([sequence], new RhythmOptions())[0].Waad);
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
            FluentActions.Invoking(() => model.AnalyzeRhythm([Sequence(2, 2, 1), bad], new RhythmOptions())).Should().Throw<ArgumentException>().WithMessage(message);
    }

    private static TokenSequence Sequence(int prompt, int response, int seed) => new(TinyModel.Ids(prompt, seed), TinyModel.Ids(response, seed + 100));
}
