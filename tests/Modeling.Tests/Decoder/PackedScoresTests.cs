using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class PackedScoresTests
{
    [Fact]
    public void Scores_and_gradients_are_those_of_one_batch_in_the_order_of_the_sequences()
    {
        using var scope = NewDisposeScope();
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence[] sequences = Sequences();
        LengthParts.Split(sequences).Count().Should().BeGreaterThan(2);
        Tensor weight = model.Decoder.Weights.Embedding;
        weight.requires_grad = true;
        using TokenBatch batch = TokenBatch.Create(sequences, CPU);

        TokenScores expected = model.Decoder.Score(batch, 0.8, entropies: EntropyUse.Value),
            found = PackedScores.Score(model.Decoder, sequences, 0.8, entropies: EntropyUse.Value);

        ShouldBe(found.LogProbabilities, expected.LogProbabilities);
        ShouldBe(found.Entropies!, expected.Entropies!);
        Tensor Gradient(TokenScores scores) => autograd.grad([scores.LogProbabilities.square().sum()], [weight])[0];
        ShouldBe(Gradient(found), Gradient(expected));
        weight.requires_grad = false;
    }

    [Fact]
    public void A_models_log_probabilities_are_those_of_its_analysis_and_leave_nothing_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        TokenSequence[] sequences = Sequences();
        IReadOnlyList<RhythmAnalysis> analyses = model.AnalyzeRhythm(sequences, new RhythmOptions { Temperature = 0.7 });
        long before = LiveTensors.Settle();
        IReadOnlyList<float[]> found = model.LogProbabilities(sequences, 0.7);
        LiveTensors.Now.Should().Be(before);
        found.Should().HaveCount(sequences.Length);
        for (int i = 0; i < sequences.Length; i++) found[i].Should().Equal(analyses[i].LogProbabilities, (a, b) => Math.Abs(a - b) < 1e-5);
        model.LogProbabilities([]).Should().BeEmpty();
    }

    [Theory]
    [InlineData(ScalarType.Float32, false)]
    [InlineData(ScalarType.BFloat16, false)]
    [InlineData(ScalarType.BFloat16, true)]
    public void Log_probabilities_as_in_training_are_those_of_a_pass_with_a_gradient(ScalarType type, bool adapted)
    {
        using CausalLanguageModel whole = TinyModel.Create(), rounded = whole.CloneAs(type);
        using CausalLanguageModel model = adapted
            ? rounded.WithAdapter(new LoraOptions { Rank = 3, TargetModules = LoraOptions.AllLinear })
            : rounded.Clone();
        LoraAdapter? adapter = model.Decoder.Adapter;
        using (no_grad()) foreach (Tensor tensor in adapter?.Storage ?? []) tensor.copy_(randn(tensor.shape).Times(0.1));
        IReadOnlyList<Tensor> trained = adapter?.Storage ?? model.Decoder.Weights.Storage;
        foreach (Tensor tensor in trained) tensor.requires_grad = true;
        TokenSequence[] sequences = Sequences();
        using var scope = NewDisposeScope();
        Tensor expected = PackedScores.Score(model.Decoder, sequences, 0.7, EntropyUse.None).LogProbabilities;
        expected.requires_grad.Should().BeTrue();
        float[] all = expected.ToSingles();

        if (adapter is not null) adapter.Dropout = new AdapterDropout(0.5, () => 1);
        long before = LiveTensors.Settle();
        float[][] found = PackedScores.LogProbabilitiesAsInTraining(model.Decoder, sequences, 0.7);
        LiveTensors.Now.Should().Be(before);
        for (int i = 0; i < sequences.Length; i++) found[i].Should().Equal(all[(i * (int)expected.size(1))..][..found[i].Length]);
        (adapter?.Dropout is not null).Should().Be(adapted, "it is left as it was");
        if (adapter is not null) adapter.Dropout = null;
        if (type == ScalarType.BFloat16)
            PackedScores.LogProbabilities(model.Decoder, sequences, 0.7).SelectMany(row => row)
                .Should().NotEqual(found.SelectMany(row => row), "it is other arithmetic");
    }

    [Fact]
    public void What_cannot_be_scored_is_named()
    {
        using CausalLanguageModel model = TinyModel.Create();
        model.Invoking(it => it.LogProbabilities([new([1], [2]), new([1], [])]))
            .Should().Throw<ArgumentException>().WithMessage("Row 1*response has no tokens*");
        model.Invoking(it => it.LogProbabilities([new([1], [2])], temperature: 0)).Should().Throw<ArgumentException>().WithMessage("temperature is 0*");
    }

    private static TokenSequence[] Sequences() =>
        [.. Enumerable.Range(0, 12).Select(i => new TokenSequence(TinyModel.Ids(1 + i % 4, i), TinyModel.Ids(1 + 4 * i % 31, 100 + i)))];

    private static void ShouldBe(Tensor found, Tensor expected) =>
        (found - expected).abs().max().ToDouble().Should().BeLessThan(1e-4 * Math.Max(1, expected.abs().max().ToDouble()));
}
