using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class FlowPassTests
{
    [Theory]
    [InlineData(0, 30)]
    [InlineData(7, 30)]
    [InlineData(0, 560)]
    [InlineData(37, 560)]
    public void Flow_through_a_model_is_flow_through_its_mean_map(int window, int response)
    {
        using CausalLanguageModel model = TinyModel.Create(2, TinyModel.Windowed(window == 0 ? null : window));
        FlowSequence[] sequences = [new(Sequence(9, response, 1), ^5..^1), new(Sequence(20, 25, 2), 3..4) { Question = 2..5 }];
        IReadOnlyList<FlowAnalysis> flows = model.AnalyzeFlow(sequences, LayerSelection.All);
        Same(flows[0], FlowAnalysis.Trace(
            NaiveRhythm.Of(model, sequences[0].Tokens, LayerSelection.All).MeanMap(), 9, (0, 9), (9 + response - 5, 9 + response - 1)));
        Same(flows[1], FlowAnalysis.Trace(NaiveRhythm.Of(model, sequences[1].Tokens, LayerSelection.All).MeanMap(), 20, (2, 5), (23, 24)));
    }

    [Fact]
    public void Spans_outside_the_sequence_and_empty_ones_are_named()
    {
        using CausalLanguageModel model = TinyModel.Create();
        FlowSequence good = new(Sequence(3, 4, 1), 1..2);
        Refused(good with { Answer = 2..2 }, "Row 1: the answer is 2..2 of the response's 4 tokens*");
        Refused(good with { Answer = 2..9 }, "Row 1: the answer is 2..9*");
        Refused(good with { Answer = ^6..^1 }, "Row 1: the answer is ^6..^1*");
        Refused(good with { Answer = 3..1 }, "Row 1: the answer is 3..1*");
        Refused(good with { Question = 0..4 }, "Row 1: the question is 0..4 of the prompt's 3 tokens*");
        Refused(new FlowSequence(new TokenSequence([1], []), ..), "Row 1: the response has no tokens*");
        model.AnalyzeFlow([]).Should().BeEmpty();

        void Refused(FlowSequence bad, string message) =>
            FluentActions.Invoking(() => model.AnalyzeFlow([good, bad])).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void A_model_that_computes_nan_is_an_error()
    {
        using CausalLanguageModel model = TinyModel.Create();
        using (no_grad()) model.Parameters["model.layers.0.self_attn.q_proj.weight"].fill_(float.NaN);
        FluentActions.Invoking(() => model.AnalyzeFlow([new FlowSequence(Sequence(3, 4, 1), ..)]))
            .Should().Throw<NotFiniteNumberException>().WithMessage("Row 0:*not finite*");
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        FlowSequence[] sequences = [new(Sequence(3, 40, 1), ^2..), new(Sequence(3, 4, 1), ..)];
        model.AnalyzeFlow(sequences);
        long before = LiveTensors.Settle();
        for (int i = 0; i < 3; i++) model.AnalyzeFlow(sequences);
        LiveTensors.Now.Should().Be(before);
    }

    private static void Same(FlowAnalysis found, FlowAnalysis expected)
    {
        found.PromptLength.Should().Be(expected.PromptLength);
        Close(found.Reachability, expected.Reachability);
        Close(found.Throughput, expected.Throughput);

        static void Close(double[] found, double[] expected) =>
            found.Zip(expected, (a, b) => Math.Abs(a - b) / Math.Max(b, 1e-6)).Max().Should().BeLessThan(1e-3);
    }

    private static TokenSequence Sequence(int prompt, int response, int seed) => new(TinyModel.Ids(prompt, seed), TinyModel.Ids(response, seed + 100));
}
