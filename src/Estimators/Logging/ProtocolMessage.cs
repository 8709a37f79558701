using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace MLNetAttn.Estimators;

/// <summary>A message of Protocol Buffers that is being written, field by field.</summary>
internal sealed class ProtocolMessage
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    private enum Wire { Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5 }

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    public ProtocolMessage Integer(int field, long value)
    {
        Begin(field, Wire.Varint);
        return Varint((ulong)value);
    }

    public ProtocolMessage Double(int field, double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        Begin(field, Wire.Fixed64)._bytes.Write(bytes);
        return this;
    }

    public ProtocolMessage Single(int field, float value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        Begin(field, Wire.Fixed32)._bytes.Write(bytes);
        return this;
    }

    public ProtocolMessage Text(int field, string value) => Block(field, Encoding.UTF8.GetBytes(value));

    public ProtocolMessage Message(int field, ProtocolMessage value) => Block(field, value.Bytes);

    private ProtocolMessage Block(int field, ReadOnlySpan<byte> bytes)
    {
        Begin(field, Wire.Length).Varint((ulong)bytes.Length)._bytes.Write(bytes);
        return this;
    }

    private ProtocolMessage Begin(int field, Wire wire) => Varint((uint)(field << 3) | (uint)wire);

    private ProtocolMessage Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.Write([(byte)(value | 0x80)]);
        _bytes.Write([(byte)value]);
        return this;
    }
}
