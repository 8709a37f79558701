using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>An attention map as a report keeps it: a byte per weight, N·(N+1)/2 in all (2 MB for 2 000 tokens; less in the file, where they are
/// deflated).</summary>
/// <remarks>Weights are kept on a logarithmic scale from <see cref="Floor"/> to 1 in steps of 4.9 %, so that a picture is right within 2.5 %; smaller ones are
/// 0. What a metric needs is never read from here.</remarks>
public sealed class StoredMap
{
    /// <summary>The smallest weight that is kept.</summary>
    public const double Floor = 1e-4;

    /// <summary>The codes of the weights from <see cref="Floor"/> to 1: 1 to this.</summary>
    internal const int Levels = 192;

    private StoredMap(string name, IReadOnlyList<HeadIndex> heads, int length, byte[] codes) => (Name, Heads, Length, Codes) = (name, heads, length, codes);

    /// <summary>What the report calls it.</summary>
    public string Name { get; }

    /// <summary>The heads it is the mean of.</summary>
    public IReadOnlyList<HeadIndex> Heads { get; }

    /// <summary>N, the tokens of prompt and response.</summary>
    public int Length { get; }

    /// <summary>The codes of row 0, row 1, …; row t has t + 1.</summary>
    internal byte[] Codes { get; }

    /// <summary>Keeps a map.</summary>
    /// <param name="name">What the report calls it.</param>
    /// <param name="map">The map.</param>
    /// <param name="heads">The heads it is the mean of.</param>
    public static StoredMap Create(string name, AttentionMap map, IReadOnlyList<HeadIndex> heads)
    {
        byte[] codes = new byte[(long)map.Length * (map.Length + 1) / 2];
        int next = 0;
        for (int query = 0; query < map.Length; query++)
            foreach (double weight in map.Row(query))
                codes[next++] = Encode(weight);
        return new StoredMap(name, heads, map.Length, codes);
    }

    /// <summary>The weight that a query gives to a key, as kept: within 2.5 %, 0 below <see cref="Floor"/>.</summary>
    /// <param name="query">t, from 0.</param>
    /// <param name="key">s, from 0.</param>
    public double this[int query, int key] => key > query ? 0 : Decode(Codes[(long)query * (query + 1) / 2 + key]);

    private static byte Encode(double weight) =>
        weight < Floor
            ? (byte)0
            : (byte)(1 + Math.Round((Levels - 1) * (1 - Math.Log(Math.Min(weight, 1)) / Math.Log(Floor))));

    private static double Decode(byte code) => code == 0 ? 0 : Math.Pow(Floor, 1 - (code - 1.0) / (Levels - 1));
}
