using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TokenPackingTests
{
    private const int Prompts = 3, Responses = 24;

    [Fact]
    public void A_prompt_is_computed_once_and_padding_is_not()
    {
        TokenSequence[] sequences = Sequences();
        using TokenBatch batch = TokenBatch.Create(sequences, CPU);
        TokenPacking packing = batch.Packing!;
        int computed = Enumerable.Range(0, Prompts).Sum(prompt => sequences[prompt].PromptIds.Length) + sequences.Sum(sequence => sequence.ResponseIds.Length);
        using var scope = NewDisposeScope();
        Tensor ids = packing.PackIds(batch.Ids);
        ids.shape.Should().Equal(1, computed);
        // What is spread over all places again is what was there, but for padding.
        long[] spread = packing.Unpack(ids.unsqueeze(2).to(ScalarType.Float32)).to(ScalarType.Int64).data<long>().ToArray(),
            whole = batch.Ids.data<long>().ToArray();
        for (int row = 0; row < sequences.Length; row++)
            spread.AsSpan(row * batch.Length, sequences[row].Length).SequenceEqual(whole.AsSpan(row * batch.Length, sequences[row].Length))
                .Should().BeTrue($"row {row}");
        packing.NumberOf(Prompts * batch.Length).Should().Be(0, "row 3 begins with the prompt of row 0");
    }

    [Theory]
    [InlineData(8, false)]
    [InlineData(8, true)]
    [InlineData(16, false)]
    [InlineData(8, false, 5)]
    [InlineData(8, false, null, true)]
    public void Scores_gradients_and_rhythm_are_those_of_sequences_alone(int headDimension, bool checkpointing, int? window = null, bool kept = false)
    {
        using var scope = NewDisposeScope();
        using CausalLanguageModel model = TinyModel.Create(
            config: window is null ? TinyModel.Config(headDimension: headDimension) : TinyModel.Windowed(window));
        foreach (Tensor weight in model.Decoder.Weights.Storage) weight.requires_grad = true;
        model.Decoder.ActivationCheckpointing = checkpointing;
        TokenSequence[] sequences = [.. Sequences().Select(sequence => kept
            ? sequence with { KeptIds = [.. sequence.ResponseIds.Select(id => new[] { id, id == 2 ? 3 : 2, 40 }.Distinct().Order().ToArray())] }
            : sequence)];
        using TokenBatch batch = TokenBatch.Create(sequences, CPU);
        batch.Packing.Should().NotBeNull();
        LengthParts.Split(sequences).Should().ContainSingle("the passes for rhythm are packed too");

        TokenScores packed = model.Decoder.Score(batch, 0.8, entropies: EntropyUse.Value);
        List<Tensor> alone = [], entropies = [];
        foreach (TokenSequence sequence in sequences)
        {
            using TokenBatch one = TokenBatch.Create([sequence], CPU);
            one.Packing.Should().BeNull();
            TokenScores scores = model.Decoder.Score(one, 0.8, entropies: EntropyUse.Value);
            long padding = batch.ResponseLength - sequence.ResponseIds.Length;
            alone.Add(nn.functional.pad(scores.LogProbabilities, [0, padding]));
            entropies.Add(nn.functional.pad(scores.Entropies!, [0, padding]));
        }
        Close(packed.LogProbabilities, cat(alone));
        Close(packed.Entropies!, cat(entropies));
        Tensor[] weights = [.. model.Decoder.Weights.Storage];
        foreach ((Tensor found, Tensor expected) in Gradient(packed.LogProbabilities).Zip(Gradient(cat(alone)))) Close(found, expected);

        foreach (bool scores in (bool[])[true, false])
        {
            RhythmAnalysis[] together = RhythmPass.Analyze(model.Decoder, sequences, new RhythmOptions { MinimumHorizon = 1, MaximumHorizon = 9 }, scores);
            for (int row = 0; row < sequences.Length; row++)
            {
                RhythmAnalysis expected = RhythmPass.Analyze(
                    model.Decoder, [sequences[row]], new RhythmOptions { MinimumHorizon = 1, MaximumHorizon = 9 }, scores)[0];
                together[row].Waad.Should().Equal(expected.Waad, (a, b) => Math.Abs(a - b) < 1e-3);
                together[row].Fai.Should().Equal(expected.Fai, (a, b) => Math.Abs(a - b) < 1e-4 || (float.IsNaN(a) && float.IsNaN(b)));
            }
        }

        IList<Tensor> Gradient(Tensor scores) => autograd.grad([scores.square().sum()], weights);
    }

    [Fact]
    public void Bfloat16_is_packed_too()
    {
        using var folder = new TemporaryFolder();
        using (CausalLanguageModel model = TinyModel.Create()) model.SavePretrained(folder.Path);
        using CausalLanguageModel half = CausalLanguageModel.FromPretrained(folder.Path, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
        TokenSequence[] sequences = Sequences();
        IReadOnlyList<float[]> together = half.LogProbabilities(sequences);
        float[] differences = [.. sequences
            .SelectMany((sequence, row) => half.LogProbabilities([sequence])[0].Zip(together[row], (alone, packed) => Math.Abs(alone - packed)))];
        // Products of other shapes round otherwise; a token in a wrong place is off by several nats.
        differences.Average().Should().BeLessThan(0.02f);
        differences.Max().Should().BeLessThan(0.5f);
    }

    [Fact]
    public void No_tensor_stays_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        foreach (Tensor weight in model.Decoder.Weights.Storage) weight.requires_grad = true;
        Run();
        long before = LiveTensors.Settle();
        Run();
        LiveTensors.Now.Should().Be(before);

        void Run()
        {
            using var scope = NewDisposeScope();
            autograd.grad(
                [PackedScores.Score(model.Decoder, Sequences(), temperature: 1, entropies: EntropyUse.Value).LogProbabilities.sum()],
                [.. model.Decoder.Weights.Storage]);
            model.LogProbabilities(Sequences());
            RhythmPass.Analyze(model.Decoder, Sequences(), new RhythmOptions(), scores: true);
        }
    }

    [Fact]
    public void Little_is_not_packed()
    {
        TokenPacking.Of(Sequences(), 50).Should().NotBeNull();
        TokenPacking.Of([.. Sequences().Take(4)], 50).Should().BeNull("the batch is small");
        TokenPacking.Of([.. Enumerable.Range(0, Responses).Select(i => new TokenSequence(TinyModel.Ids(10, i), TinyModel.Ids(30, i)))], 40)
            .Should().BeNull("no prompt is there twice, and there is no padding");
    }

    /// <summary>Eight responses to each of three prompts, of different lengths, prompt after prompt.</summary>
    private static TokenSequence[] Sequences() =>
        [.. Enumerable.Range(0, Responses).Select(i => new TokenSequence(TinyModel.Ids(12 + i % Prompts, i % Prompts), TinyModel.Ids(30 + i % 7, 100 + i)))];

    private static void Close(Tensor found, Tensor expected) =>
        (found - expected).abs().max().ToDouble().Should().BeLessThan(2e-4 * Math.Max(1, expected.abs().max().ToDouble()));
}
