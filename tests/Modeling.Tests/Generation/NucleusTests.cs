using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class NucleusTests
{
    [Fact]
    public void A_probability_stays_if_the_greater_ones_add_up_to_less_than_the_mass()
    {
        Gen.Select(Gen.Float[0, 1].Array[1, 70], Gen.Double[0.001, 1]).Sample((weights, mass) =>
        {
            float[] probabilities = [.. weights.Select(weight => weight / Math.Max(weights.Sum(), 1e-20f))];
            float threshold = Nucleus.Threshold(probabilities, mass);
            // Sums near the mass are decided by rounding: they may go either way.
            return probabilities.All(p => Math.Abs(Above(p) - mass) < 1e-6 || p >= threshold == Above(p) < mass);

            double Above(float p) => probabilities.Where(other => other > p).Sum(other => (double)other);
        });
    }

    [Fact]
    public void The_greatest_always_stays()
    {
        Nucleus.Threshold([0.2f, 0.5f, 0.3f], 0).Should().Be(0.5f);
        Nucleus.Threshold([0.2f, 0.5f, 0.3f], 0.5).Should().Be(0.5f);
        Nucleus.Threshold([0.25f, 0.25f, 0.5f], 0.6).Should().Be(0.25f);
        Nucleus.Threshold([0, 0], 0.5).Should().Be(0);
    }
}
