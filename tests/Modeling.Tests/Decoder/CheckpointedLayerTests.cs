using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class CheckpointedLayerTests
{
    [Theory]
    [InlineData(false, 0, false)]
    [InlineData(true, 0, false)]
    [InlineData(true, 0.3, false)]
    [InlineData(true, 0.3, true)]
    public void Scores_and_gradients_are_those_of_keeping_everything(bool adapter, double dropout, bool packed)
    {
        using CausalLanguageModel plain = TinyModel.Create();
        using CausalLanguageModel model = adapter
            ? plain.WithAdapter(new LoraOptions { Rank = 3, Dropout = dropout, TargetModules = LoraOptions.AllLinear })
            : plain.Clone();
        if (adapter) using (no_grad()) foreach (Tensor tensor in model.Decoder.Adapter!.Storage) tensor.copy_(randn(tensor.shape).Times(0.1));
        Tensor[] trained = [.. adapter ? model.Decoder.Adapter!.Storage : model.Decoder.Weights.Storage];
        foreach (Tensor tensor in trained) tensor.requires_grad = true;
        // Lengths so different that they are computed in two passes, whose gradient comes after both.
        TokenSequence[] sequences = packed
            ? [.. Enumerable.Range(0, 24).Select(i => new TokenSequence(TinyModel.Ids(12, 1), TinyModel.Ids(30 + i % 7, 100 + i)))]
            :
            [
                new([1, 2, 3], [.. Enumerable.Range(0, 60).Select(i => i * 7 % 50)]),
                new([4], [5, 6, 7]),
                new([8, 9], [.. Enumerable.Range(0, 50).Select(i => i * 3 % 50)]),
            ];
        using var scope = NewDisposeScope();
        using (var batch = TokenBatch.Create(sequences, CPU)) (batch.Packing is not null).Should().Be(packed);

        (Tensor expected, IList<Tensor> wanted) = Score(checkpointing: false);
        (Tensor found, IList<Tensor> gradients) = Score(checkpointing: true);
        (found - expected).abs().max().ToDouble().Should().BeLessThan(1e-6);
        foreach ((Tensor gradient, Tensor full) in gradients.Zip(wanted))
        {
            full.abs().max().ToDouble().Should().BeGreaterThan(0);
            (gradient - full).abs().max().ToDouble().Should().BeLessThan(1e-5 * (1 + full.abs().max().ToDouble()));
        }

        (Tensor, IList<Tensor>) Score(bool checkpointing)
        {
            model.Decoder.ActivationCheckpointing = checkpointing;
            if (adapter && dropout > 0) model.Decoder.Adapter!.Dropout = new AdapterDropout(dropout, () => 7);
            Tensor scores = PackedScores.Score(model.Decoder, sequences, temperature: 1, entropies: EntropyUse.None).LogProbabilities;
            return (scores.detach(), autograd.grad([scores.square().sum()], trained));
        }
    }

    [Fact]
    public void No_tensor_stays_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        foreach (Tensor tensor in model.Decoder.Weights.Storage) tensor.requires_grad = true;
        model.Decoder.ActivationCheckpointing = true;
        Run();
        long before = LiveTensors.Settle();
        Run();
        LiveTensors.Now.Should().Be(before);

        void Run()
        {
            using var scope = NewDisposeScope();
            autograd.grad(
                [PackedScores.Score(model.Decoder, [new([1, 2, 3], [4, 5, 6])], temperature: 1, entropies: EntropyUse.None).LogProbabilities.sum()],
                [.. model.Decoder.Weights.Storage]);
        }
    }
}
