using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

/// <summary>What TRL has no numbers for.</summary>
public sealed class PolicyLossTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _logp = tensor(new[] { -1.0, -2.0, -0.5, -3.0 }, [2, 2]);
    private readonly Tensor _reference = tensor(new[] { -1.5, -1.0, -0.5, -2.0 }, [2, 2]);

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(KlEstimator.K1, 0.5, -1, 0, -1)]
    [InlineData(KlEstimator.K2, 0.125, 0.5, 0, 0.5)]
    [InlineData(KlEstimator.K3, 0.10653065971263342, 0.7182818284590451, 0, 0.7182818284590451)]
    public void Each_estimator_of_the_divergence_is_its_formula(KlEstimator estimator, double first, double second, double third, double fourth) =>
        Compute(new PolicyLossOptions { Beta = 1, KlEstimator = estimator }, zeros(2, ScalarType.Float64)).Metrics["kl"]
            .Should().BeApproximately((first + second + third + fourth) / 4, 1e-14);

    [Fact]
    public void Dual_clip_bounds_the_loss_of_a_bad_token_that_became_much_likelier()
    {
        Tensor old = _logp - Math.Log(10);
        double bounded = Compute(new PolicyLossOptions { DualClip = 3 }, -ones(2, ScalarType.Float64), old).Loss.ToDouble();
        double free = Compute(new PolicyLossOptions(), -ones(2, ScalarType.Float64), old).Loss.ToDouble();
        bounded.Should().BeApproximately(3, 1e-12);
        free.Should().BeApproximately(10, 1e-12);
    }

    [Fact]
    public void Dual_clip_leaves_good_tokens_alone() =>
        Compute(new PolicyLossOptions { DualClip = 3 }, ones(2, ScalarType.Float64), _logp - Math.Log(10)).Loss.ToDouble()
            .Should().BeApproximately(-1.2, 1e-12);

    [Fact]
    public void A_token_that_went_far_has_a_bounded_ratio_and_no_gradient()
    {
        Tensor logp = _logp.clone().requires_grad_(true), old = _logp - tensor(new[] { 25.0, 0, 0, 0 }, [2, 2]);
        PolicyLossResult result = PolicyLoss.Compute(Batch(logp, -ones(2, ScalarType.Float64), old), new PolicyLossOptions());
        result.Loss.ToDouble().Should().BeLessThan(Math.Exp(20));
        autograd.grad([result.Loss], [logp])[0][0, 0].ToDouble().Should().Be(0);
    }

    [Fact]
    public void Computing_leaves_nothing_but_the_loss_behind()
    {
        PolicyLossBatch batch = Batch(_logp, ones(2, ScalarType.Float64), _logp);
        long before = LiveTensors.Settle();
        for (int i = 0; i < 5; i++)
            foreach (PolicyLossType type in Enum.GetValues<PolicyLossType>())
                PolicyLoss.Compute(batch, new PolicyLossOptions { Type = type, TopEntropyQuantile = 0.5, Beta = 0.1 }).Loss.Dispose();
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void All_options_out_of_range_are_named_at_once() =>
        FluentActions.Invoking(() => Compute(new PolicyLossOptions
        {
            Epsilon = -1,
            EpsilonHigh = -1,
            Delta = 0,
            DualClip = 1,
            Beta = -1,
            TopEntropyQuantile = 1.5,
            EntropyCoefficient = double.NaN,
        }, ones(2))).Should().Throw<ArgumentException>().WithMessage(
            "*Epsilon is -1*EpsilonHigh is -1*Delta is 0*DualClip is 1*Beta is -1*TopEntropyQuantile is 1.5*EntropyCoefficient is NaN*");

    [Fact]
    public void A_tensor_of_another_shape_is_named() =>
        FluentActions.Invoking(() => Compute(new PolicyLossOptions(), ones(3)))
            .Should().Throw<ArgumentException>().WithMessage("Advantages has shape [3], expected [2]*");

    [Fact]
    public void A_reference_that_is_needed_and_missing_is_named() =>
        FluentActions
            .Invoking(() => PolicyLoss.Compute(
                new PolicyLossBatch { LogProbabilities = _logp, Mask = ones(2, 2), Advantages = ones(2) },
                new PolicyLossOptions { Beta = 0.1 }))
            .Should().Throw<ArgumentException>().WithMessage("ReferenceLogProbabilities is null*Beta is 0.1*");

    [Fact]
    public void Entropies_that_are_needed_and_missing_are_named() =>
        FluentActions
            .Invoking(() => PolicyLoss.Compute(
                new PolicyLossBatch { LogProbabilities = _logp, Mask = ones(2, 2), Advantages = ones(2) },
                new PolicyLossOptions { TopEntropyQuantile = 0.5 }))
            .Should().Throw<ArgumentException>().WithMessage("Entropies is null*TopEntropyQuantile is 0.5*");

    private PolicyLossResult Compute(PolicyLossOptions options, Tensor advantages, Tensor? old = null) =>
        PolicyLoss.Compute(Batch(_logp, advantages, old), options);

    private PolicyLossBatch Batch(Tensor logp, Tensor advantages, Tensor? old) => new()
    {
        LogProbabilities = logp,
        OldLogProbabilities = old,
        ReferenceLogProbabilities = _reference,
        Entropies = -_logp,
        Advantages = advantages,
        Mask = ones(2, 2),
    };
}
