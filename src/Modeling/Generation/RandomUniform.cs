using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Uniform random numbers by position: number n of stream s is a hash of both, so that a row's draws do not depend on the rows beside it.</summary>
internal static class RandomUniform
{
    private const double Scale = 1.0 / (1UL << 53);

    /// <summary>A stream's own seed out of a common seed and two indices.</summary>
    public static ulong Stream(long seed, int prompt, int sample) => Branch(Combine((ulong)seed, (ulong)prompt), sample);

    /// <summary>A seed out of two, whose order counts.</summary>
    public static ulong Combine(ulong first, ulong second) => Mix(Mix(first) + second);

    /// <summary>The n-th of the streams that a stream gives rise to.</summary>
    public static ulong Branch(ulong stream, int n) => Mix(stream + (ulong)n);

    /// <summary>The n-th number of a stream, in [0, 1), with 53 random bits.</summary>
    public static double At(ulong stream, int n) => (Mix(stream + (ulong)n) >> 11) * Scale;

    /// <summary>As many numbers as a vector has, from the n-th.</summary>
    public static Vector<double> VectorAt(ulong stream, int n) =>
        Vector.ConvertToDouble(Mix(Vector<ulong>.Indices + new Vector<ulong>(stream + (ulong)n)) >>> 11) * Scale;

    /// <summary>One step of SplitMix64 (Steele, Lea and Flood, 2014): scatters neighbouring numbers.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    private static Vector<ulong> Mix(Vector<ulong> x)
    {
        x += new Vector<ulong>(0x9E3779B97F4A7C15);
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EB;
        return x ^ (x >>> 31);
    }
}
