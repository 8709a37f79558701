using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class KeptTokensTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(170)]
    [InlineData(1_000_000)]
    public void Scores_and_gradients_are_of_the_distribution_among_what_was_kept(int chunkElements) => Gen.Int[1, 1_000].Sample(seed =>
    {
        using CausalLanguageModel model = TinyModel.Create();
        using var scope = NewDisposeScope();
        foreach (Tensor weight in model.Decoder.Weights.Storage) weight.requires_grad_(true);
        Tensor[] weights = [.. model.Decoder.Weights.Storage];
        // The second sequence keeps everything.
        TokenSequence[] sequences =
        [
            Cut(TinyModel.Ids(3, seed), TinyModel.Ids(9, seed + 1), seed),
            new(TinyModel.Ids(6, seed + 2), TinyModel.Ids(4, seed + 3)),
        ];
        using TokenBatch batch = TokenBatch.Create(sequences, CPU);

        TokenScores found = Score();
        (Tensor logProbabilities, Tensor entropies) = Dense(model, sequences[0]);
        Same(found.LogProbabilities[0], logProbabilities);
        Same(found.Entropies![0], entropies);
        Same(found.LogProbabilities[1].narrow(0, 0, 4), Dense(model, sequences[1]).LogProbabilities);
        Tensor[] gradients = [.. autograd.grad([found.LogProbabilities[0].sum()], weights)],
            expected = [.. autograd.grad([logProbabilities.sum()], weights, retain_graph: true)];
        for (int i = 0; i < weights.Length; i++) Same(gradients[i], expected[i]);
        gradients = [.. autograd.grad([Score(EntropyUse.Gradient).Entropies![0].sum()], weights)];
        expected = [.. autograd.grad([entropies.sum()], weights)];
        for (int i = 0; i < weights.Length; i++) Same(gradients[i], expected[i]);
        using (no_grad())
        {
            TokenScores plain = Score();
            Same(plain.LogProbabilities[0], logProbabilities);
            Same(plain.Entropies![0], entropies);
        }

        TokenScores Score(EntropyUse uncertainty = EntropyUse.Value) =>
            TokenScores.Compute(model.Decoder, model.Decoder.Forward(batch), batch, temperature: 0.8, uncertainty, chunkElements);
    }, iter: 10, threads: 1);

    [Fact]
    public void Log_probabilities_among_what_sampling_kept_are_those_that_it_drew_with()
    {
        using CausalLanguageModel model = TinyModel.Create();
        int[][] prompts = [TinyModel.Ids(7, 1), TinyModel.Ids(3, 2)];
        foreach (GenerationOptions options in new GenerationOptions[]
        {
            new() { TopP = 0.6 },
            new() { TopK = 3 },
            new() { MinP = 0.2 },
            new() { TopK = 12, TopP = 0.8, MinP = 0.05 },
        })
        {
            IReadOnlyList<GeneratedSequence> sampled = model.Generate(
                prompts,
                options with { MaxNewTokens = 20, SamplesPerPrompt = 5, Temperature = 0.9, KeepsIds = true });
            TokenSequence[] sequences = [.. sampled.Select(sample =>
                new TokenSequence(prompts[sample.PromptIndex], sample.TokenIds) { KeptIds = sample.KeptIds })];
            IReadOnlyList<float[]> among = model.LogProbabilities(sequences, 0.9),
                whole = model.LogProbabilities([.. sequences.Select(sequence => sequence with { KeptIds = null })], 0.9);
            for (int i = 0; i < sequences.Length; i++)
            {
                sequences[i].KeptIds!.Zip(sequences[i].ResponseIds)
                    .Should().OnlyContain(place => place.First == null || (place.First.Contains(place.Second) && place.First.Length < 50));
                sequences[i].KeptIds.Should().Contain(kept => kept != null);
                among[i].Should().Equal(sampled[i].LogProbabilities, (a, b) => Math.Abs(a - b) < 1e-4);
                among[i].Zip(whole[i]).Should().OnlyContain(place => place.First > place.Second - 1e-5f, "the same mass is shared among fewer");
            }
        }
    }

    [Fact]
    public void Bfloat16_logits_are_cut_too()
    {
        using var folder = new TemporaryFolder();
        using (CausalLanguageModel wide = TinyModel.Create()) wide.SavePretrained(folder.Path);
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder.Path, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        TokenSequence sequence = Cut(TinyModel.Ids(3, 1), TinyModel.Ids(20, 2), seed: 3);
        using TokenBatch batch = TokenBatch.Create([sequence], CPU);
        TokenScores found = model.Decoder.Score(batch, temperature: 0.8, entropies: EntropyUse.Value);
        (Tensor logProbabilities, Tensor entropies) = Dense(model, sequence);
        Same(found.LogProbabilities[0], logProbabilities);
        Same(found.Entropies![0], entropies);
    }

    [Fact]
    public void What_was_kept_must_be_known_of_every_token() =>
        FluentActions.Invoking(() => KeptTokens.Of([new TokenSequence([1], [2, 3]) { KeptIds = [[2]] }]))
            .Should().Throw<ArgumentException>().WithMessage("*known of 1 tokens*response's 2*");

    private static TokenSequence Cut(int[] prompt, int[] response, int seed)
    {
        var random = new Random(seed);
        return new(prompt, response)
        {
            KeptIds = [.. response.Select(id =>
                Enumerable.Range(0, 50).Where(other => other == id || random.Next(3) == 0).ToArray())],
        };
    }

    /// <summary>The same from all logits, one place after the other.</summary>
    private static (Tensor LogProbabilities, Tensor Entropies) Dense(CausalLanguageModel model, TokenSequence sequence)
    {
        Tensor logits = model.Decoder
            .Logits(model.Decoder.Forward(tensor([.. sequence.PromptIds.Concat(sequence.ResponseIds).Select(id => (long)id)]).unsqueeze(0)))
            .squeeze(0)
            .AtLeastSingle()
            / 0.8;
        var places = sequence.ResponseIds.Select((id, t) =>
        {
            int[] kept = sequence.KeptIds?[t] ?? [.. Enumerable.Range(0, 50)];
            Tensor logs = nn.functional.log_softmax(logits[sequence.PromptIds.Length + t - 1].index_select(0, tensor(kept.Select(k => (long)k).ToArray())), 0);
            return (Log: logs[Array.IndexOf(kept, id)], Entropy: -(logs.exp() * logs).sum());
        }).ToArray();
        return (stack(places.Select(place => place.Log)), stack(places.Select(place => place.Entropy)));
    }

    private static void Same(Tensor found, Tensor expected) =>
        (found - expected).abs().max().ToDouble().Should().BeLessThan(1e-4 * Math.Max(1, expected.abs().max().ToDouble()));
}
