namespace MLNetAttn.Pipelines;

public sealed class HolmCorrectionTests
{
    [Fact]
    public void Adjusted_p_values_are_those_of_R()
    {
        Check([0.01, 0.02, 0.03, 0.04, 0.05], [0.05, 0.08, 0.09, 0.09, 0.09]);
        Check([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]);
        Check([0.6, 0.9], [1, 1]);
        Check([], []);
    }

    [Fact]
    public void Tests_that_could_not_be_made_do_not_count() => Check([double.NaN, 0.02, 0.03], [double.NaN, 0.04, 0.04]);

    [Fact]
    public void What_is_no_probability_is_refused() => ((Action)(() => HolmCorrection.Adjust([0.5, 1.5]))).Should().Throw<ArgumentOutOfRangeException>();

    private static void Check(double[] pValues, double[] adjusted)
    {
        double[] found = HolmCorrection.Adjust(pValues);
        found.Should().HaveSameCount(adjusted);
        for (int i = 0; i < found.Length; i++)
        {
            if (double.IsNaN(adjusted[i])) found[i].Should().Be(double.NaN);
            else found[i].Should().BeApproximately(adjusted[i], 1e-12);
        }
    }
}
