namespace MLNetAttn.Estimators.Tests;

public class MetricSumsTests
{
    [Fact]
    public void Metrics_are_averaged_but_minima_and_maxima_are_kept_and_undefined_parts_left_out()
    {
        var sums = new MetricSums();
        sums.Add(new Dictionary<string, double> { ["loss"] = 1, ["low_min"] = 3, ["high_max"] = 3, ["kl"] = double.NaN });
        sums.Add(new Dictionary<string, double> { ["loss"] = 2, ["low_min"] = 1, ["high_max"] = 5, ["kl"] = double.NaN });
        sums.Add("loss", double.NaN);
        sums.Means().Should().BeEquivalentTo(new Dictionary<string, double> { ["loss"] = 1.5, ["low_min"] = 1, ["high_max"] = 5, ["kl"] = double.NaN });
    }
}
