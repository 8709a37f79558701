using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>A sequence of draws: the same for a seed on every machine and every version of .NET, which System.Random does not promise.</summary>
/// <remarks>A mutable struct: pass it by reference.</remarks>
internal struct SeededRandom(long seed)
{
    private readonly ulong _stream = RandomUniform.Mix(unchecked((ulong)seed));
    private int _drawn;

    /// <summary>A number from 0 to <paramref name="bound"/> − 1; the bias is below bound/2⁵³.</summary>
    public int Next(int bound) => (int)(NextUniform() * bound);

    /// <summary>True with this probability.</summary>
    public bool NextIsBelow(double probability) => NextUniform() < probability;

    private double NextUniform() => RandomUniform.At(_stream, _drawn++);
}
