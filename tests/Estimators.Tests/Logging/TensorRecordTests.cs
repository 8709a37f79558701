using System.Text;

namespace MLNetAttn.Estimators.Tests;

public sealed class TensorRecordTests
{
    // RFC 3720, B.4 (iSCSI), and the check value of the CRC catalogue.
    [Fact]
    public void Checksums_are_those_of_the_standard()
    {
        TensorRecord.Checksum(new byte[32]).Should().Be(0x8A9136AA);
        TensorRecord.Checksum(Enumerable.Repeat((byte)0xFF, 32).ToArray()).Should().Be(0x62A8AB43);
        TensorRecord.Checksum([.. Enumerable.Range(0, 32).Select(i => (byte)i)]).Should().Be(0x46DD794E);
        TensorRecord.Checksum(Encoding.ASCII.GetBytes("123456789")).Should().Be(0xE3069283);
        TensorRecord.Checksum([]).Should().Be(0);
    }

    [Fact]
    public void A_record_is_framed()
    {
        using var stream = new MemoryStream();
        TensorRecord.Append(stream, Encoding.ASCII.GetBytes("123456789"));
        byte[] bytes = stream.ToArray();
        bytes.Should().HaveCount(8 + 4 + 9 + 4);
        bytes[..8].Should().Equal(9, 0, 0, 0, 0, 0, 0, 0);
        // The mask by hand: ((0xE3069283 >> 15) | (0xE3069283 << 17)) + 0xA282EAD8 in 32 bits.
        BitConverter.ToUInt32(bytes, 21).Should().Be(unchecked(((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8u));
    }
}
