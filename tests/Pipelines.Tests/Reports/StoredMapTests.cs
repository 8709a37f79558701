using CsCheck;

namespace MLNetAttn.Pipelines;

public sealed class StoredMapTests
{
    [Fact]
    public void Weights_are_kept_within_two_and_a_half_percent_and_those_below_the_floor_are_zero() =>
        Gen.Double[0, 1].Array[1, 20].Sample(weights =>
        {
            double[][] rows = [.. Enumerable.Range(0, weights.Length).Select(t => weights[..(t + 1)].Select(weight => Math.Pow(weight, 8)).ToArray())];
            StoredMap stored = StoredMap.Create("m", new(rows), [new(1, 2)]);
            for (int t = 0; t < rows.Length; t++)
            {
                for (int s = 0; s <= t; s++)
                {
                    if (rows[t][s] < StoredMap.Floor) stored[t, s].Should().Be(0);
                    else stored[t, s].Should().BeApproximately(rows[t][s], 0.025 * rows[t][s]);
                }
                if (t + 1 < rows.Length) stored[t, t + 1].Should().Be(0);
            }
            stored.Codes.Length.Should().Be(rows.Length * (rows.Length + 1) / 2);
        });

    [Fact]
    public void The_ends_of_the_scale_are_exact()
    {
        StoredMap stored = StoredMap.Create("m", new([[1.0005], [StoredMap.Floor, 0]]), []);
        (stored[0, 0], stored[1, 0], stored[1, 1], stored.Length, stored.Name).Should().Be((1, StoredMap.Floor, 0, 2, "m"));
    }
}
