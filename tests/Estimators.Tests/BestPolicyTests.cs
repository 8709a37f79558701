using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

public sealed class BestPolicyTests
{
    [Fact]
    public void A_better_policy_takes_the_place_of_the_one_before_in_the_same_tensors()
    {
        using CausalLanguageModel model = TinyModels.Create();
        var options = new SupervisedFineTuningOptions { KeepBest = true, EvaluateEvery = 1 };
        using var policy = new LearningPolicy(model, options, totalUpdates: 1);
        using var best = new BestPolicy(options, higherIsBetter: false);
        best.Offer(1, 2, policy);
        IReadOnlyList<Tensor> first = best.Weights!;
        long tensors = LiveTensors.Settle();
        Tensor weight = policy.Trainable[0].Tensor;
        using (no_grad()) weight.fill_(3);
        best.Offer(2, 5, policy);
        first[0].Equals(weight).Should().BeFalse("it was no better");
        best.Offer(3, 1, policy);
        best.Weights.Should().Equal(first, ReferenceEquals, "no second copy is made");
        first[0].Equals(weight).Should().BeTrue();
        LiveTensors.Now.Should().Be(tensors);
        best.State.Should().Be(new Evaluations(3, 1, SinceBest: 0));
    }
}
