using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class ChunkedScoresTests
{
    [Fact]
    public void Scores_and_gradients_are_those_of_all_logits_at_once_whatever_the_chunk() => Gen
        .Select(Gen.Int[1, 20], Gen.Int[1, 12], Gen.Int[2, 30], Gen.Int[1, 25], Gen.Double[0.3, 2], Gen.Bool, Gen.Int[1, 1000])
        .Sample((tokens, size, vocabulary, chunk, temperature, headLearns, seed) =>
        {
            using var scope = NewDisposeScope();
            using var generator = new Generator((ulong)seed, CPU);
            Tensor Random(params long[] shape) => randn(shape, dtype: ScalarType.Float64, generator: generator);
            Tensor hidden = Random(tokens, size).requires_grad_(true),
                head = Random(vocabulary, size).requires_grad_(headLearns),
                targets = randint(vocabulary, [tokens], dtype: ScalarType.Int64),
                weights = Random(tokens);

            Tensor logDistribution = nn.functional.log_softmax(nn.functional.linear(hidden, head) / temperature, 1),
                expected = logDistribution.gather(1, targets.unsqueeze(1)).squeeze(1);
            Tensor[] inputs = headLearns ? [hidden, head] : [hidden],
                expectedGradients = [.. autograd.grad([(expected * weights).sum()], inputs, retain_graph: true)];
            (Tensor found, Tensor? entropies) = ChunkedScores.WithGradient(hidden, head, targets, temperature, chunk, entropies: EntropyUse.Value);
            Tensor[] gradients = [.. autograd.grad([(found * weights).sum()], inputs)];

            Same(found, expected);
            Same(entropies!, -(logDistribution.exp() * logDistribution).sum(1));
            entropies!.requires_grad.Should().BeFalse();
            for (int i = 0; i < inputs.Length; i++) Same(gradients[i], expectedGradients[i]);

            // Both with a gradient, each weighed otherwise.
            Tensor others = Random(tokens), uncertainty = -(logDistribution.exp() * logDistribution).sum(1);
            (Tensor both, Tensor? differentiable) = ChunkedScores.WithGradient(hidden, head, targets, temperature, chunk, entropies: EntropyUse.Gradient);
            Same(both, expected);
            Same(differentiable!, uncertainty);
            expectedGradients = [.. autograd.grad([(expected * weights + uncertainty * others).sum()], inputs)];
            gradients = [.. autograd.grad([(both * weights + differentiable! * others).sum()], inputs)];
            for (int i = 0; i < inputs.Length; i++) Same(gradients[i], expectedGradients[i]);

            (Tensor plain, Tensor? none) = ChunkedScores.Compute(
                rows => nn.functional.linear(rows, head), hidden, targets, temperature, chunk, entropies: EntropyUse.None);
            Same(plain, expected);
            none.Should().BeNull();
        }, iter: 60, threads: 1);

    [Fact]
    public void In_bfloat16_the_gradient_of_the_head_is_a_sum_over_all_chunks()
    {
        // Every token adds as much to the head's gradient: a sum in bfloat16 stops at the 256th.
        using var scope = NewDisposeScope();
        Tensor hidden = ones(1024, 4, dtype: ScalarType.BFloat16),
            head = zeros(2, 4, dtype: ScalarType.BFloat16).requires_grad_(true),
            targets = zeros(1024, dtype: ScalarType.Int64);
        (Tensor scores, _) = ChunkedScores.WithGradient(hidden, head, targets, temperature: 1, chunk: 1, entropies: EntropyUse.None);
        // 1024 · (1 − 1/2), and as much less.
        autograd.grad([scores.sum()], [head])[0].to(ScalarType.Float32).data<float>().ToArray().Should().Equal(512, 512, 512, 512, -512, -512, -512, -512);
    }

    [Fact]
    public void Logits_of_one_chunk_are_gone_before_the_next_are_computed()
    {
        using var scope = NewDisposeScope();
        Tensor hidden = randn(50, 8), head = randn(1000, 8), targets = randint(1000, [50], dtype: ScalarType.Int64);
        List<Tensor> logits = [];
        List<long> alive = [];
        ChunkedScores.Compute(Record, hidden, targets, temperature: 0.7, chunk: 7, entropies: EntropyUse.Value);
        logits.Should().HaveCount(8);
        alive.Distinct().Should().ContainSingle("no chunk leaves anything behind");

        Tensor Record(Tensor rows)
        {
            rows.shape[0].Should().BeLessThanOrEqualTo(7);
            logits.Count(earlier => !earlier.IsInvalid).Should().Be(0);
            alive.Add(LiveTensors.Now);
            Tensor result = nn.functional.linear(rows, head);
            logits.Add(result);
            return result;
        }
    }

    [Fact]
    public void A_gradient_holds_no_logits()
    {
        // All logits: 400 · 200 000 · 4 bytes = 320 MB. A chunk: 4 MB.
        using var scope = NewDisposeScope();
        Tensor hidden = randn(400, 4).requires_grad_(true), head = randn(200_000, 4), targets = randint(200_000, [400], dtype: ScalarType.Int64);
        long before = Environment.WorkingSet;
        (Tensor scores, _) = ChunkedScores.WithGradient(hidden, head, targets, temperature: 1, chunk: 5, entropies: EntropyUse.Value);
        (Environment.WorkingSet - before).Should().BeLessThan(100 << 20);
        scores.sum().backward();
        (Environment.WorkingSet - before).Should().BeLessThan(100 << 20);
        hidden.grad!.abs().sum().ToDouble().Should().BePositive();
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using var outer = NewDisposeScope();
        Tensor hidden = randn(9, 4).requires_grad_(true), head = randn(30, 4).requires_grad_(true), targets = randint(30, [9], dtype: ScalarType.Int64);
        Learn();
        long before = LiveTensors.Settle();
        for (int i = 0; i < 5; i++) Learn();
        LiveTensors.Now.Should().Be(before);

        void Learn()
        {
            using var scope = NewDisposeScope();
            (Tensor scores, _) = ChunkedScores.WithGradient(hidden, head, targets, temperature: 1, chunk: 2, entropies: EntropyUse.Value);
            autograd.grad([scores.sum()], [hidden, head]);
        }
    }

    private static void Same(Tensor found, Tensor expected) => (found - expected).abs().max().ToDouble().Should().BeLessThan(1e-10);
}
