using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class MapPassTests
{
    [Theory]
    [InlineData(null, 30)]
    [InlineData(7, 30)]
    [InlineData(37, 560)]
    public void Maps_are_the_means_of_the_heads_of_each_group(int? window, int response)
    {
        using CausalLanguageModel model = TinyModel.Create(2, TinyModel.Windowed(window));
        TokenSequence sequence = new(TinyModel.Ids(9, 1), TinyModel.Ids(response, 2));
        HeadIndex[][] groups = [[new(2, 3)], [new(0, 1), new(2, 0), new(2, 3)], [.. Enumerable.Range(0, 4).Select(head => new HeadIndex(1, head))]];
        IReadOnlyList<AttentionMap> maps = model.AttentionMaps(sequence, groups);
        maps.Should().HaveCount(groups.Length);
        for (int group = 0; group < groups.Length; group++)
        {
            double[][] expected = NaiveRhythm.Of(model, sequence, LayerSelection.All).MeanMap(groups[group]);
            maps[group].Length.Should().Be(sequence.Length);
            for (int t = 0; t < sequence.Length; t++)
            {
                maps[group].Row(t).ToArray().Zip(expected[t], (found, wanted) => Math.Abs(found - wanted)).Max().Should().BeLessThan(1e-5);
                maps[group].Row(t).ToArray().Sum().Should().BeApproximately(1, 1e-4);
            }
        }
    }

    [Fact]
    public void Groups_and_sequences_that_are_wrong_are_named()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence sequence = new([2, 3], [4]);
        model.AttentionMaps(sequence, []).Should().BeEmpty();
        Refused([[new(0, 0)], []], "Group 1 holds no head*");
        Refused([[new(0, 0), new(0, 0)]], "Group 0 holds a head twice*");
        Refused([[new(3, 0)]], "Group 0 holds head 0 of layer 3; the model has heads 0 to 3 in layers 0 to 2*");
        Refused([[new(0, -1)]], "Group 0 holds head -1*");
        FluentActions.Invoking(() => model.AttentionMaps(new TokenSequence([1], []), [[new(0, 0)]]))
            .Should().Throw<ArgumentException>().WithMessage("*no tokens*");

        void Refused(HeadIndex[][] groups, string message) =>
            FluentActions.Invoking(() => model.AttentionMaps(sequence, groups)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void A_model_that_computes_nan_is_an_error_and_no_tensor_is_left_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence sequence = new([2, 3], [4, 5]);
        model.AttentionMaps(sequence, [[new(1, 0)]]);
        long before = LiveTensors.Settle();
        model.AttentionMaps(sequence, [[new(1, 0)], [new(0, 0), new(1, 1)]]);
        LiveTensors.Now.Should().Be(before);
        using (no_grad()) model.Parameters["model.layers.0.self_attn.q_proj.weight"].fill_(float.NaN);
        FluentActions.Invoking(() => model.AttentionMaps(sequence, [[new(1, 0)]])).Should().Throw<NotFiniteNumberException>().WithMessage("*not finite*");
    }
}
