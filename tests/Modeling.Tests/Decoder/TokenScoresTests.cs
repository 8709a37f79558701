using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TokenScoresTests
{
    [Fact]
    public void Gradients_reach_the_weights_and_padding_gets_none()
    {
        using CausalLanguageModel model = TinyModel.Create();
        foreach (Tensor weight in model.Decoder.Weights.Storage) weight.requires_grad_(true);
        TokenSequence[] sequences = [new(TinyModel.Ids(3, 1), TinyModel.Ids(9, 2)), new(TinyModel.Ids(6, 3), TinyModel.Ids(2, 4))];
        using (TokenBatch batch = TokenBatch.Create(sequences, CPU))
        using (NewDisposeScope())
        {
            TokenScores scores = model.Decoder.Score(batch, temperature: 1, entropies: EntropyUse.Value);
            scores.LogProbabilities.shape.Should().Equal(2, 9);
            scores.LogProbabilities[1, TensorIndex.Slice(2)].abs().max().ToDouble().Should().Be(0);
            scores.Entropies!.requires_grad.Should().BeFalse();
            scores.LogProbabilities.sum().backward();
        }
        foreach (Tensor weight in model.Decoder.Weights.Storage)
        {
            using Tensor? gradient = weight.grad;
            gradient.Should().NotBeNull();
            gradient!.abs().sum().ToDouble().Should().BeGreaterThan(0);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(150)]
    [InlineData(1_000_000)]
    public void Scores_and_gradients_do_not_depend_on_the_chunk(int chunkElements)
    {
        using CausalLanguageModel model = TinyModel.Create();
        foreach (Tensor weight in model.Decoder.Weights.Storage) weight.requires_grad_(true);
        using TokenBatch batch = TokenBatch.Create([new(TinyModel.Ids(3, 1), TinyModel.Ids(9, 2)), new(TinyModel.Ids(6, 3), TinyModel.Ids(2, 4))], CPU);
        using var scope = NewDisposeScope();
        (TokenScores expected, Tensor[] expectedGradients) = Score(1 << 24);
        (TokenScores found, Tensor[] gradients) = Score(chunkElements);
        Same(found.LogProbabilities, expected.LogProbabilities);
        Same(found.Entropies!, expected.Entropies!);
        for (int i = 0; i < gradients.Length; i++) Same(gradients[i], expectedGradients[i]);
        using (no_grad()) Same(Score(chunkElements).Scores.LogProbabilities, expected.LogProbabilities);

        (TokenScores Scores, Tensor[] Gradients) Score(int elements)
        {
            TokenScores scores = TokenScores.Compute(
                model.Decoder, model.Decoder.Forward(batch), batch, temperature: 0.8, entropies: EntropyUse.Value, elements);
            return (scores, is_grad_enabled() ? [.. autograd.grad([scores.LogProbabilities.sum()], [.. model.Decoder.Weights.Storage])] : []);
        }

        static void Same(Tensor found, Tensor expected) => (found - expected).abs().max().ToDouble().Should().BeLessThan(1e-4);
    }

    [Theory]
    [InlineData(1, ScalarType.Float32)]
    [InlineData(150, ScalarType.Float32)]
    [InlineData(1_000_000, ScalarType.Float32)]
    [InlineData(150, ScalarType.BFloat16)]
    [InlineData(1_000_000, ScalarType.BFloat16)]
    public void Hits_are_where_the_largest_logit_is_the_responses(int chunkElements, ScalarType type)
    {
        using CausalLanguageModel single = TinyModel.Create(), model = single.CloneAs(type);
        TokenSequence[] sequences =
        [
            .. model.Generate([TinyModel.Ids(3, 1), TinyModel.Ids(6, 3)], new GenerationOptions { MaxNewTokens = 8, Temperature = 0.5, StopTokenIds = [] })
                .Select((sample, i) => new TokenSequence(TinyModel.Ids(3 + 3 * i, 1 + 2 * i), sample.TokenIds[..(8 - 3 * i)])),
        ];
        float[] expected =
        [
            .. sequences.SelectMany(sequence =>
            {
                using var row = NewDisposeScope();
                long[] ids = [.. sequence.PromptIds.Concat(sequence.ResponseIds).Select(id => (long)id)];
                long[] likeliest = [.. model.Forward(tensor(ids).unsqueeze(0)).squeeze(0).argmax(1).data<long>()];
                return Enumerable.Range(0, 8)
                    .Select(t => t < sequence.ResponseIds.Length && likeliest[sequence.PromptIds.Length + t - 1] == sequence.ResponseIds[t] ? 1f : 0f);
            }),
        ];
        expected.Sum().Should().BeInRange(1, 12);
        foreach (Tensor weight in model.Decoder.Weights.Storage) weight.requires_grad_(true);
        using TokenBatch batch = TokenBatch.Create(sequences, CPU);
        using var scope = NewDisposeScope();
        Hits().Should().Equal(expected);
        using (no_grad()) Hits().Should().Equal(expected);

        float[] Hits() => [.. TokenScores.Compute(
            model.Decoder, model.Decoder.Forward(batch), batch, temperature: 1, EntropyUse.Value, chunkElements, hits: true).Hits!.data<float>()];
    }

    [Fact]
    public void A_vocabulary_too_large_for_one_chunk_gives_the_same_as_all_at_once()
    {
        // 2^24 logits a chunk: 300 000 tokens of vocabulary leave 55 rows.
        using CausalLanguageModel model = TinyModel.Create(config: TinyModel.Config(heads: 1, keyValueHeads: 1, layers: 1, vocabulary: 300_000, context: 256));
        int[] ids = TinyModel.Ids(200, 1, 300_000);
        RhythmAnalysis analysis = model.AnalyzeRhythm([new TokenSequence(ids[..2], ids[2..])], new RhythmOptions())[0];
        using var scope = NewDisposeScope();
        Tensor logits = model.Forward(tensor(ids.Select(i => (long)i).ToArray()).unsqueeze(0));
        Tensor expected = nn.functional.log_softmax(logits.squeeze(0), 1)
            .narrow(0, 1, 198)
            .gather(1, tensor(ids[2..].Select(i => (long)i).ToArray()).unsqueeze(1))
            .squeeze(1);
        (tensor(analysis.LogProbabilities) - expected).abs().max().ToDouble().Should().BeLessThan(1e-4);
    }
}
