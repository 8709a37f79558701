using System.Numerics;

namespace MLNetAttn.Pipelines;

/// <summary>Functions of real and complex numbers, in floating point.</summary>
internal static class MathFunctions
{
    /// <summary>The value of a function; null where it has none.</summary>
    public static Complex? Evaluate(string name, Complex[] arguments)
    {
        Complex x = arguments[0];
        bool real = arguments.All(argument => argument.Imaginary == 0);
        return name switch
        {
            "abs" => Complex.Abs(x),
            "log" => Logarithm(x, arguments[1]),
            "sin" => real ? Math.Sin(x.Real) : Complex.Sin(x),
            "cos" => real ? Math.Cos(x.Real) : Complex.Cos(x),
            "tan" => real ? Math.Tan(x.Real) : Complex.Tan(x),
            "csc" => Evaluate("sin", [x]) is { } sine ? Reciprocal(sine) : null,
            "sec" => Evaluate("cos", [x]) is { } cosine ? Reciprocal(cosine) : null,
            "cot" => Evaluate("tan", [x]) is { } tangent ? Reciprocal(tangent) : null,
            "sinh" => Complex.Sinh(x),
            "cosh" => Complex.Cosh(x),
            "tanh" => Complex.Tanh(x),
            "arcsin" => real && Math.Abs(x.Real) <= 1 ? Math.Asin(x.Real) : Complex.Asin(x),
            "arccos" => real && Math.Abs(x.Real) <= 1 ? Math.Acos(x.Real) : Complex.Acos(x),
            "arctan" => real ? Math.Atan(x.Real) : Complex.Atan(x),
            "arccsc" => Reciprocal(x) is { } inverse ? Evaluate("arcsin", [inverse]) : null,
            "arcsec" => Reciprocal(x) is { } inverse ? Evaluate("arccos", [inverse]) : null,
            "arccot" => x == Complex.Zero ? Math.PI / 2 : Evaluate("arctan", [1 / x]),
            "arcsinh" => real ? Math.Asinh(x.Real) : Complex.Log(x + Complex.Sqrt(x * x + 1)),
            "arccosh" => Complex.Log(x + Complex.Sqrt(x + 1) * Complex.Sqrt(x - 1)),
            "arctanh" => (Complex.Log(1 + x) - Complex.Log(1 - x)) / 2,
            _ => real ? OfReal(name, [.. arguments.Select(argument => argument.Real)]) : null,
        };
    }

    private static Complex? OfReal(string name, double[] arguments)
    {
        double x = arguments[0];
        switch (name)
        {
            case "floor":
                return Math.Floor(x);
            case "ceil":
                return Math.Ceiling(x);
            case "factorial":
                return Gamma(x + 1);
            case "binomial":
                return Gamma(x + 1) / (Gamma(arguments[1] + 1) * Gamma(x - arguments[1] + 1));
            case "max":
                return arguments.Max();
            case "min":
                return arguments.Min();
            case "mod":
                return x - arguments[1] * Math.Floor(x / arguments[1]);
            default:
                return null;
        }
    }

    private static Complex? Reciprocal(Complex x) => x == Complex.Zero ? null : 1 / x;

    private static Complex? Logarithm(Complex x, Complex number)
    {
        if (x == Complex.Zero || number == Complex.Zero || number == Complex.One)
            return null;
        return x is { Imaginary: 0, Real: > 0 } && number is { Imaginary: 0, Real: > 0 }
            ? Math.Log(x.Real) / Math.Log(number.Real)
            : Complex.Log(x) / Complex.Log(number);
    }

    // Lanczos' approximation with g = 7 and nine terms (relative error about 1e-15), and Euler's reflection for negative arguments.
    private static double Gamma(double x)
    {
        if (x == Math.Truncate(x) && x <= 0)
            return double.NaN;
        if (x < 0.5)
            return Math.PI / (Math.Sin(Math.PI * x) * Gamma(1 - x));
        x--;
        double sum = Lanczos[0];
        for (int index = 1; index < Lanczos.Length; index++)
            sum += Lanczos[index] / (x + index);
        double t = x + Lanczos.Length - 1.5;
        return Math.Sqrt(2 * Math.PI) * Math.Pow(t, x + 0.5) * Math.Exp(-t) * sum;
    }

    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028,
        771.32342877765313, -176.61502916214059, 12.507343278686905,
        -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];
}
