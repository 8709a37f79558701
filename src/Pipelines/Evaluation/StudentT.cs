namespace MLNetAttn.Pipelines;

/// <summary>Student's t distribution with a whole number of degrees of freedom.</summary>
internal static class StudentT
{
    /// <summary>The probability that |t| is at least this, if nothing but chance moves it.</summary>
    /// <param name="t">The statistic; NaN gives NaN.</param>
    /// <param name="degreesOfFreedom">At least 1.</param>
    public static double TwoSidedP(double t, int degreesOfFreedom)
    {
        // Abramowitz and Stegun 26.7.3 and 26.7.4: A(t|ν) = P(|T| ≤ t) as a sum over powers of cos θ, tan θ = t / √ν.
        double angle = Math.Atan(Math.Abs(t) / Math.Sqrt(degreesOfFreedom)), sine = Math.Sin(angle), cosine = Math.Cos(angle);
        bool odd = degreesOfFreedom % 2 == 1;
        double term = odd ? cosine : 1, sum = degreesOfFreedom == 1 ? 0 : term;
        for (int k = odd ? 3 : 2; k < degreesOfFreedom; k += 2)
            sum += term *= cosine * cosine * (k - 1) / k;
        double within = odd ? 2 / Math.PI * (angle + sine * sum) : sine * sum;
        return Math.Clamp(1 - within, 0, 1);
    }

    /// <summary>The 0.975 quantile: the half width of a 95 % interval in standard errors.</summary>
    /// <param name="degreesOfFreedom">At least 1.</param>
    public static double Quantile(int degreesOfFreedom)
    {
        double lower = 0, upper = 16;
        while (upper - lower > 1e-12)
        {
            double middle = (lower + upper) / 2;
            if (middle == lower || middle == upper) break;
            (lower, upper) = TwoSidedP(middle, degreesOfFreedom) > 0.05 ? (middle, upper) : (lower, middle);
        }
        return (lower + upper) / 2;
    }
}
