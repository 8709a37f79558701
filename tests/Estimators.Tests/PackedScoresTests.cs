using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public class PackedScoresTests
{
    [Fact]
    public void Scores_and_gradients_are_those_of_one_batch_in_the_order_of_the_sequences()
    {
        using var scope = NewDisposeScope();
        using CausalLanguageModel model = TinyModels.Create();
        var random = new Random(4);
        TokenSequence[] sequences = [.. Enumerable.Range(0, 12).Select(i => new TokenSequence(Ids(random, 1 + i % 4), Ids(random, 1 + 4 * i % 31)))];
        LengthParts.Split(sequences).Count().Should().BeGreaterThan(2);
        Tensor weight = model.Decoder.Weights.Embedding;
        weight.requires_grad = true;
        using TokenBatch batch = TokenBatch.Create(sequences, CPU);

        TokenScores expected = model.Decoder.Score(batch, 0.8, entropies: true), found = PackedScores.Score(model.Decoder, sequences, 0.8, entropies: true);

        found.LogProbabilities.ShouldBe(expected.LogProbabilities, 1e-5, "log-probabilities");
        found.Entropies!.ShouldBe(expected.Entropies!, 1e-5, "entropies");
        Tensor Gradient(TokenScores scores) => autograd.grad([scores.LogProbabilities.square().sum()], [weight])[0];
        Gradient(found).ShouldBe(Gradient(expected), 1e-4, "gradient");
        weight.requires_grad = false;
    }

    private static int[] Ids(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(1, TinyModels.Vocabulary))];
}
