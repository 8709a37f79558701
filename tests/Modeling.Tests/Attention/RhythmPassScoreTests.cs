using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class RhythmPassScoreTests
{
    public static TheoryData<int, int, int?> Lengths => new() { { 40, 2, null }, { 900, 2, null }, { 900, 4, null }, { 900, 2, 100 } };

    /// <summary>900 tokens take the flash kernel, 40 do not; two of four heads share keys or none do; with a window and without.</summary>
    [Theory]
    [MemberData(nameof(Lengths))]
    public void Watching_the_training_pass_changes_neither_scores_nor_gradients_and_finds_what_the_analysis_finds(int length, int keyHeads, int? window)
    {
        DecoderConfig config = new()
        {
            Architecture = "MistralForCausalLM",
            VocabularySize = 50,
            HiddenSize = 16,
            IntermediateSize = 24,
            LayerCount = 3,
            HeadCount = 4,
            KeyValueHeadCount = keyHeads,
            HeadDimension = 8,
            MaxPositionEmbeddings = 1024,
            TieWordEmbeddings = true,
            SlidingWindow = window,
        };
        using CausalLanguageModel model = TinyModel.Create(config: config);
        TokenSequence[] sequences = [Sequence(7, length, 1), Sequence(9, length - 11, 2), Sequence(5, 20, 3)];
        var options = new RhythmOptions { MinimumHorizon = 2, MaximumHorizon = 15 };
        using var scope = NewDisposeScope();
        foreach (Tensor weight in model.Decoder.Weights.Storage) weight.requires_grad = true;

        TokenScores plain = PackedScores.Score(model.Decoder, sequences, temperature: 1, entropies: EntropyUse.Value);
        (TokenScores watched, RhythmAnalysis[] analyses, HeadMeasurement[]? heads) = RhythmPass.Score(model.Decoder, sequences, options, measure: true);

        Difference(watched.LogProbabilities, plain.LogProbabilities).Should().BeLessThan(1e-4);
        IList<Tensor> expected = Gradients(plain), found = Gradients(watched);
        foreach ((Tensor gradient, Tensor wanted) in found.Zip(expected))
            Difference(gradient, wanted).Should().BeLessThan(1e-4 * (1 + wanted.abs().max().ToDouble()));
        IReadOnlyList<RhythmAnalysis> separate = model.AnalyzeRhythm(sequences, options);
        for (int i = 0; i < sequences.Length; i++)
        {
            analyses[i].Groups!.Local.Should().Equal(separate[i].Groups!.Local);
            analyses[i].Waad.Zip(separate[i].Waad, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
            analyses[i].Fai.Zip(separate[i].Fai)
                .Where(pair => !float.IsNaN(pair.First) || !float.IsNaN(pair.Second))
                .Max(pair => Math.Abs(pair.First - pair.Second))
                .Should().BeLessThan(1e-5f);
            heads![i].Group(options.HeadRatio).Local.Should().Equal(separate[i].Groups!.Local);
        }

        IList<Tensor> Gradients(TokenScores scores) => autograd.grad([scores.LogProbabilities.square().sum()], [.. model.Decoder.Weights.Storage]);
    }

    private static double Difference(Tensor a, Tensor b) => (a - b).abs().max().ToDouble();

    private static TokenSequence Sequence(int prompt, int response, int seed)
    {
        var random = new Random(seed);
        return new TokenSequence(
            [.. Enumerable.Range(0, prompt).Select(_ => random.Next(50))],
            [.. Enumerable.Range(0, response).Select(_ => random.Next(50))]);
    }
}
