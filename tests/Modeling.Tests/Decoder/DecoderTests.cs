using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Passes with a gradient whose maps are large enough that attention runs by kernels, against the same in float64, which runs by torch's
/// operations.</summary>
public sealed class DecoderTests
{
    private const int Layers = 2;

    public static TheoryData<string, bool, bool, bool> Cases => new()
    {
        { "Llama", false, false, false },
        { "Llama", false, true, false },
        { "Llama", false, false, true },
        { "Llama", true, false, false },
        { "Llama", true, true, true },
        { "Qwen3", false, false, false },
        { "Qwen3", false, true, true },
        { "Qwen3", true, false, false },
        { "Qwen2", false, false, false },
        { "Qwen2", true, true, false },
        { "Mistral", false, false, false },
        { "Mistral", false, true, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Scores_and_gradients_are_those_by_operations(string family, bool adapter, bool checkpointing, bool packed)
    {
        using CausalLanguageModel plain = Create(family);
        using CausalLanguageModel single = adapter
            ? plain.WithAdapter(new LoraOptions { Rank = 3, TargetModules = LoraOptions.AllLinear })
            : plain.Clone();
        if (adapter) using (no_grad()) foreach (Tensor tensor in single.Decoder.Adapter!.Storage) tensor.copy_(randn(tensor.shape).Times(0.1));
        using CausalLanguageModel wide = single.CloneAs(ScalarType.Float64);
        TokenSequence[] sequences = Sequences(packed);
        using var batch = TokenBatch.Create(sequences, CPU);
        (batch.Packing is not null).Should().Be(packed);
        using var scope = NewDisposeScope();
        KernelsRun(single, batch).Should().Be(KernelSupport.IsSupported, "that is what is tested");
        KernelsRun(wide, batch).Should().BeFalse("they have no float64");

        (Tensor found, IList<Tensor> gradients) = Differentiate(single);
        (Tensor expected, IList<Tensor> wanted) = Differentiate(wide);
        (found - expected).abs().max().ToDouble().Should().BeLessThan(1e-4);
        gradients.Should().HaveSameCount(wanted);
        foreach ((Tensor gradient, Tensor exact) in gradients.Zip(wanted))
        {
            double largest = exact.abs().max().ToDouble();
            largest.Should().BeGreaterThan(0);
            ((gradient - exact).abs().max().ToDouble() / largest).Should().BeLessThan(1e-4, "float32 is that exact over some layers");
        }

        (Tensor, IList<Tensor>) Differentiate(CausalLanguageModel model)
        {
            model.Decoder.ActivationCheckpointing = checkpointing;
            Tensor[] trained = [.. adapter ? model.Decoder.Adapter!.Storage : model.Decoder.Weights.Storage];
            foreach (Tensor tensor in trained) tensor.requires_grad = true;
            Tensor scores = model.Decoder.Score(batch, temperature: 1, EntropyUse.None).LogProbabilities;
            // Every third response has no advantage.
            Tensor advantages = tensor([.. Enumerable.Range(0, sequences.Length).Select(i => i % 3 - 1.0)]).unsqueeze(1).to(scores.dtype);
            return (scores.detach(), autograd.grad([(scores * advantages).sum()], trained));
        }
    }

    [Theory]
    [InlineData("Llama", false)]
    [InlineData("Qwen3", false)]
    [InlineData("Mistral", true)]
    public void Scores_without_a_gradient_have_the_same_bits(string family, bool packed)
    {
        using CausalLanguageModel model = Create(family);
        foreach (Tensor tensor in model.Decoder.Weights.Storage) tensor.requires_grad = true;
        using var batch = TokenBatch.Create(Sequences(packed), CPU);
        using var scope = NewDisposeScope();
        Tensor tracked = model.Decoder.Forward(batch);
        tracked.requires_grad.Should().BeTrue();
        using var noGradient = no_grad();
        model.Decoder.Forward(batch).Equals(tracked).Should().BeTrue();
    }

    [Fact]
    public void No_tensor_stays_behind()
    {
        using CausalLanguageModel model = Create("Qwen3");
        foreach (Tensor tensor in model.Decoder.Weights.Storage) tensor.requires_grad = true;
        foreach (bool checkpointing in (bool[])[false, true])
        {
            model.Decoder.ActivationCheckpointing = checkpointing;
            Run();
            long before = LiveTensors.Settle();
            Run();
            LiveTensors.Now.Should().Be(before);
        }

        void Run()
        {
            using var scope = NewDisposeScope();
            using var batch = TokenBatch.Create(Sequences(packed: true), CPU);
            autograd.grad(
                [model.Decoder.Score(batch, temperature: 1, EntropyUse.None, new Observer()).LogProbabilities.sum()], [.. model.Decoder.Weights.Storage]);
        }
    }

    /// <summary>Whether an observer is given distances, which torch's operations don't compute.</summary>
    private static bool KernelsRun(CausalLanguageModel model, TokenBatch batch)
    {
        var observer = new Observer();
        using var recording = enable_grad();
        using var scope = NewDisposeScope();
        model.Decoder.Forward(batch, observer);
        observer.Layers.Should().Be(Layers);
        return observer.Distances;
    }

    private static CausalLanguageModel Create(string family)
    {
        CausalLanguageModel model = TinyModel.Create(config: new DecoderConfig
        {
            Architecture = family + "ForCausalLM",
            VocabularySize = 50,
            HiddenSize = 32,
            IntermediateSize = 48,
            LayerCount = Layers,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDimension = 16,
            MaxPositionEmbeddings = 256,
            TieWordEmbeddings = true,
            AttentionBias = family == "Qwen2",
            QueryKeyNorm = family == "Qwen3",
            SlidingWindow = family == "Mistral" ? 30 : null,
        });
        // Biases and norms that do something.
        using var noGradient = no_grad();
        foreach (DecoderLayer layer in model.Decoder.Weights.Layers)
            foreach (Tensor? tensor in (ReadOnlySpan<Tensor?>)[layer.QueryKeyValue.Bias, layer.QueryNorm, layer.KeyNorm])
                tensor?.add_(randn(tensor.shape).Times(0.3), 1);
        return model;
    }

    /// <summary>Of different lengths, and with maps that are not small; packed ones share prompts.</summary>
    private static TokenSequence[] Sequences(bool packed) =>
        [.. Enumerable.Range(0, 24).Select(i => new TokenSequence(TinyModel.Ids(12, packed ? i / 6 : i), TinyModel.Ids(packed ? 80 + i % 20 : 98, 100 + i)))];

    private sealed class Observer : IAttentionObserver
    {
        public int Layers { get; private set; }

        public bool Distances { get; private set; }

        public int LastLayer => Layers - 1;

        public bool Reads(int layer) => true;

        public void Observe(int layer, Tensor queries, Tensor keys, Tensor logSumExp, Tensor? distances)
        {
            Layers++;
            Distances = distances is not null;
            if (Distances) queries.requires_grad.Should().BeFalse("observers are shown numbers, not the graph");
        }
    }
}
