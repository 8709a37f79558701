using System.Buffers.Binary;
using System.Numerics;

namespace MLNetAttn.Estimators;

/// <summary>A record of TensorFlow's TFRecord files: the length, its checksum, the data, their checksum.</summary>
internal static class TensorRecord
{
    /// <summary>Appends a record.</summary>
    public static void Append(Stream stream, ReadOnlySpan<byte> data)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)], checksum = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)data.Length);
        stream.Write(length);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Mask(Checksum(length)));
        stream.Write(checksum);
        stream.Write(data);
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Mask(Checksum(data)));
        stream.Write(checksum);
    }

    /// <summary>CRC-32C (Castagnoli).</summary>
    public static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint checksum = uint.MaxValue;
        foreach (byte value in data) checksum = BitOperations.Crc32C(checksum, value);
        return ~checksum;
    }

    /// <summary>The checksum as the format stores it: data that hold checksums of their own would else have weak ones.</summary>
    public static uint Mask(uint checksum) => BitOperations.RotateRight(checksum, 15) + 0xa282ead8;
}
