using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>Tells training data from other data, by the token ids of its rows.</summary>
internal static class DataFingerprint
{
    /// <summary>SHA-256, in hexadecimal, of prompts and responses.</summary>
    public static string Of(IReadOnlyList<TokenSequence> rows) => Of(rows.SelectMany(row => new[] { row.PromptIds, row.ResponseIds }));

    /// <summary>SHA-256, in hexadecimal, of rows of ids.</summary>
    public static string Of(IEnumerable<int[]> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int[] ids in rows)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([ids.Length]));
            hash.AppendData(MemoryMarshal.AsBytes(ids.AsSpan()));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
