using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class SupervisedFineTuningStepTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();

    // 4, 12 and 40 tokens, which are never computed together.
    private readonly TokenSequence[] _uneven = [Row(1, 3), Row(2, 10), Row(5, 35)];

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Parts_of_different_lengths_count_by_their_tokens()
    {
        LengthParts.Split(_uneven).Should().HaveCount(3);
        SupervisedFineTuningOptions options = Options(batch: 3);
        using var whole = new LearningPolicy(_model, options, totalUpdates: 1);
        double loss, entropy, norm;
        using (NewDisposeScope())
        using (TokenBatch batch = TokenBatch.Create(_uneven, CPU))
        {
            TokenScores scores = whole.Model.Decoder.Score(batch, temperature: 1, EntropyUse.Value);
            loss = whole.Accumulate((-scores.LogProbabilities.sum()).Over(3 + 10 + 35));
            entropy = scores.Entropies!.sum().ToDouble() / (3 + 10 + 35);
            norm = whole.Clip();
            whole.Apply();
        }

        using var policy = new LearningPolicy(_model, options, totalUpdates: 1);
        IReadOnlyDictionary<string, double> metrics = Step(policy, _uneven, options).Run(0);

        metrics["loss"].Should().BeApproximately(loss, 1e-6);
        metrics["loss"].Should().BeApproximately(
            -_model.LogProbabilities(_uneven).SelectMany(row => row).Average(log => (double)log), 1e-5, "that is the formula");
        metrics["entropy"].Should().BeApproximately(entropy, 1e-6);
        metrics["grad_norm"].Should().BeApproximately(norm, 1e-5 * norm);
        Near(policy, whole, 1e-6);
        metrics["num_tokens"].Should().Be(4 + 12 + 40);
    }

    [Fact]
    public void What_is_evaluated_before_the_first_step_is_what_that_step_measures()
    {
        using var policy = new LearningPolicy(_model, Options(batch: 3), totalUpdates: 1);
        SupervisedFineTuningStep step = Step(policy, _uneven, Options(batch: 3));
        IReadOnlyDictionary<string, double> evaluation = step.Evaluate(), first = step.Run(0), after = step.Evaluate();
        foreach (string name in new[] { "loss", "entropy", "mean_token_accuracy" })
            evaluation[$"eval_{name}"].Should().BeApproximately(first[name], 1e-6, name);
        after["eval_loss"].Should().BeLessThan(evaluation["eval_loss"] - 1e-3);
    }

    [Fact]
    public void Accuracy_is_the_share_of_the_response_tokens_that_greedy_decoding_would_take()
    {
        int[] prompt = [1, 9];
        int[] greedy = _model.Generate([prompt], new GenerationOptions { MaxNewTokens = 8, Temperature = 0, StopTokenIds = [] })[0].TokenIds;
        int[] last = [.. greedy[..7], (greedy[7] + 1) % TinyModels.Vocabulary];
        using var policy = new LearningPolicy(_model, Options(batch: 2), totalUpdates: 1);
        Step(policy, [new(prompt, greedy), new(prompt, last)], Options(batch: 2)).Run(0)["mean_token_accuracy"].Should().Be(15 / 16.0);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(8, 8)]
    public void A_batch_in_parts_is_the_batch(int steps, int passes)
    {
        TokenSequence[] rows = [.. Enumerable.Range(0, 8).Select(i => Row(3, 5, i))];
        SupervisedFineTuningOptions options = Options(batch: 8) with { Lora = new LoraOptions { Rank = 2, TargetModules = LoraOptions.AllLinear } };
        using LearningPolicy whole = new(_model, options, totalUpdates: 1), policy = new(_model, options, totalUpdates: 1);
        int begun = 0;
        policy.Model.Decoder.Adapter!.Dropout = new AdapterDropout(0, () => (ulong)++begun);
        IReadOnlyDictionary<string, double> expected = Step(whole, rows, options).Run(0),
            found = Step(policy, rows, options with { GradientAccumulationSteps = steps }).Run(0);
        begun.Should().Be(passes);
        foreach (string name in new[] { "loss", "entropy", "mean_token_accuracy", "grad_norm" })
            found[name].Should().BeApproximately(expected[name], 1e-5, name);
        Near(policy, whole, 1e-6);
    }

    [Fact]
    public void A_step_that_is_cancelled_between_two_parts_changes_nothing()
    {
        SupervisedFineTuningOptions options = Options(batch: 3) with { Lora = new LoraOptions { Rank = 2 } };
        using var policy = new LearningPolicy(_model, options, totalUpdates: 1);
        using var cancel = new CancellationTokenSource();
        int begun = 0;
        policy.Model.Decoder.Adapter!.Dropout = new AdapterDropout(0, () =>
        {
            if (++begun == 2) cancel.Cancel();
            return 1;
        });
        Tensor[] before = policy.Snapshot();
        SupervisedFineTuningStep step = Step(policy, _uneven, options, cancel.Token);
        FluentActions.Invoking(() => step.Run(0)).Should().Throw<OperationCanceledException>();
        begun.Should().Be(2, "of three parts");
        policy.Gradients.Should().BeEmpty();
        policy.Updates.Should().Be(0);
        for (int i = 0; i < before.Length; i++) before[i].Equals(policy.Trainable[i].Tensor).Should().BeTrue();
        foreach (Tensor tensor in before) tensor.Dispose();
    }

    [Fact]
    public void Steps_and_evaluations_end_when_ML_NET_is_told_to()
    {
        using var policy = new LearningPolicy(_model, Options(batch: 3), totalUpdates: 1);
        SupervisedFineTuningStep step = Step(policy, _uneven, Options(batch: 3));
        _ml.CancelExecution();
        FluentActions.Invoking(step.Evaluate).Should().Throw<OperationCanceledException>();
        FluentActions.Invoking(() => step.Run(0)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void The_order_of_an_epoch_is_made_once()
    {
        const int rows = 500_000;
        SupervisedFineTuningOptions options = Options(batch: 2);
        using var policy = new LearningPolicy(_model, options, totalUpdates: 5);
        SupervisedFineTuningStep step = Step(policy, [.. Enumerable.Repeat(Row(1, 1), rows)], options);
        step.Run(0);
        step.Run(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 2; i < 5; i++) step.Run(i);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(rows * sizeof(int), "three steps of two rows need no list of all");
    }

    private static TokenSequence Row(int prompt, int response, int seed = 0) => new(
        [.. Enumerable.Range(0, prompt).Select(i => 1 + (seed + i) % 10)],
        [.. Enumerable.Range(0, response).Select(i => 1 + (3 * i + seed) % 10)]);

    private static SupervisedFineTuningOptions Options(int batch) => new()
    {
        BatchSize = batch,
        LearningRate = 1e-2,
        Schedule = LearningRateSchedule.Constant,
    };

    private SupervisedFineTuningStep Step(
        LearningPolicy policy, TokenSequence[] rows, SupervisedFineTuningOptions options, CancellationToken cancellation = default) =>
        new(policy, rows, rows, options, new RunCancellation(((IHostEnvironment)_ml).Register("test"), cancellation));

    private static void Near(LearningPolicy found, LearningPolicy expected, double tolerance)
    {
        using var scope = NewDisposeScope();
        for (int i = 0; i < found.Trainable.Count; i++)
            (found.Trainable[i].Tensor.detach() - expected.Trainable[i].Tensor.detach()).abs().max().ToDouble()
                .Should().BeLessThan(tolerance, found.Trainable[i].Name);
    }
}
