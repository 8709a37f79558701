using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class LearningPolicyTests
{
    [Fact]
    public void An_update_that_fails_half_way_counts_so_that_nobody_takes_it_for_the_one_before()
    {
        using CausalLanguageModel model = TinyModels.Create();
        using var policy = new LearningPolicy(model, new PolicyOptimizationOptions { Bf16 = true, LearningRate = 0.1 }, totalUpdates: 2);
        using (NewDisposeScope()) policy.Accumulate(policy.Model.Decoder.Weights.Embedding.sum());
        float[] before = Weights();
        // Like memory that runs out, a place of another shape ends the writing of the rounded copy.
        Tensor rounded = policy.Model.Decoder.Weights.Storage[0];
        rounded.requires_grad = false;
        rounded.transpose_(0, 1);
        policy.Invoking(it => it.Apply()).Should().Throw<System.Runtime.InteropServices.ExternalException>();
        Weights().Should().NotEqual(before);
        policy.Updates.Should().Be(1);

        float[] Weights() => [.. policy.Trainable.SelectMany(parameter => parameter.Tensor.detach().flatten().data<float>().ToArray())];
    }
}
