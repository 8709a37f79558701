using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>Tells training data from other data, by all that a trainer reads of its rows.</summary>
internal sealed class DataFingerprint : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private DataFingerprint()
    {
    }

    /// <summary>SHA-256, in hexadecimal, of prompts and responses.</summary>
    public static string Of(IReadOnlyList<TokenSequence> rows) => Of(rows, (row, hash) => hash.Add(row));

    /// <summary>SHA-256, in hexadecimal, of rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="add">Adds all that counts of a row.</param>
    public static string Of<T>(IEnumerable<T> rows, Action<T, DataFingerprint> add)
    {
        using var fingerprint = new DataFingerprint();
        foreach (T row in rows) add(row, fingerprint);
        return Convert.ToHexStringLower(fingerprint._hash.GetHashAndReset());
    }

    public void Add(TokenSequence sequence)
    {
        Add(sequence.PromptIds);
        Add(sequence.ResponseIds);
    }

    public void Add(ReadOnlySpan<int> ids) => AddBytes(MemoryMarshal.AsBytes(ids));

    public void Add(ReadOnlySpan<float> values) => AddBytes(MemoryMarshal.AsBytes(values));

    public void Add(string text) => AddBytes(Encoding.UTF8.GetBytes(text));

    public void Dispose() => _hash.Dispose();

    // With its length, so that where one part ends and the next begins makes a difference.
    private void AddBytes(ReadOnlySpan<byte> bytes)
    {
        _hash.AppendData(MemoryMarshal.AsBytes<int>([bytes.Length]));
        _hash.AppendData(bytes);
    }
}
