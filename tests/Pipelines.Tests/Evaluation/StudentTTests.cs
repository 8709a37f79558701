namespace MLNetAttn.Pipelines;

public sealed class StudentTTests
{
    // Printed tables of the t distribution; R: qt(0.975, df).
    [Theory]
    [InlineData(1, 12.7062047362)]
    [InlineData(2, 4.3026527297)]
    [InlineData(3, 3.1824463053)]
    [InlineData(4, 2.7764451052)]
    [InlineData(5, 2.5705818356)]
    [InlineData(9, 2.2621571628)]
    [InlineData(30, 2.0422724563)]
    public void Quantiles_are_those_of_the_tables(int degreesOfFreedom, double quantile) =>
        StudentT.Quantile(degreesOfFreedom).Should().BeApproximately(quantile, 1e-8);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(20)]
    public void Probabilities_are_the_integral_of_the_density(int degreesOfFreedom)
    {
        foreach (double t in (double[])[0, 0.3, -1, 2.5, 6])
        {
            double ofDensity = Integral(x => Density(x, degreesOfFreedom), Math.Abs(t)) / Whole(degreesOfFreedom);
            StudentT.TwoSidedP(t, degreesOfFreedom).Should().BeApproximately(1 - ofDensity, 1e-9);
        }
    }

    [Fact]
    public void What_is_certain_or_undefined_is_so()
    {
        StudentT.TwoSidedP(0, 4).Should().Be(1);
        StudentT.TwoSidedP(double.PositiveInfinity, 4).Should().BeApproximately(0, 1e-15);
        StudentT.TwoSidedP(double.NaN, 4).Should().Be(double.NaN);
    }

    private static double Density(double x, int degreesOfFreedom) => Math.Pow(1 + x * x / degreesOfFreedom, -(degreesOfFreedom + 1) / 2.0);

    /// <summary>∫ of the density over all x ≥ 0: √(νπ) / 2 · Γ(ν/2) / Γ((ν+1)/2), by Γ(z+1) = z·Γ(z) from Γ(1/2) = √π and Γ(1) = 1.</summary>
    private static double Whole(int degreesOfFreedom) => Math.Sqrt(degreesOfFreedom * Math.PI) / 2 * Gamma(degreesOfFreedom) / Gamma(degreesOfFreedom + 1);

    private static double Gamma(int halves) => halves switch
    {
        1 => Math.Sqrt(Math.PI),
        2 => 1,
        _ => (halves - 2) / 2.0 * Gamma(halves - 2),
    };

    private static double Integral(Func<double, double> f, double end)
    {
        const int parts = 2_000;
        double width = end / parts;
        return width / 3 * Enumerable.Range(0, parts + 1).Sum(i => f(i * width) * (i is 0 or parts ? 1 : i % 2 == 1 ? 4 : 2));
    }
}
