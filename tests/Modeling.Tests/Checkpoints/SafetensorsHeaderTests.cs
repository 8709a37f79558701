using System.Buffers.Binary;
using System.Text;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class SafetensorsHeaderTests
{
    private const string TwoTensors =
        """{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"a":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]}}""";

    private static SafetensorsHeader Read(byte[] file)
    {
        using Stream stream = Fixtures.Forward(file);
        return SafetensorsHeader.Read(stream, "model.safetensors");
    }

    [Fact]
    public void Tensors_are_listed_in_the_order_of_their_bytes()
    {
        SafetensorsHeader header = Read(Fixtures.Safetensors(
            """ {"a":{"dtype":"U8","shape":[3],"data_offsets":[4,7]},"b":{"data_offsets":[0,4],"shape":[],"dtype":"I32"}}   """.TrimStart(), 7));

        header.Entries.Select(entry => entry.Name).Should().Equal("b", "a");
        header.Entries[0].Shape.Should().BeEmpty();
        header.Entries[1].Count.Should().Be(3);
    }

    [Fact]
    public void Metadata_are_kept()
    {
        Read(Fixtures.Safetensors(TwoTensors, 32)).Metadata.Should().Equal(new Dictionary<string, string> { ["format"] = "pt" });
    }

    [Fact]
    public void An_empty_tensor_may_lie_between_others_and_a_file_may_hold_none()
    {
        Read(Fixtures.Safetensors(
                """{"full":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"empty":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]}}""", 2))
            .Entries.Should().HaveCount(2);
        Read(Fixtures.Safetensors("{}", 0)).Entries.Should().BeEmpty();
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        byte[] file = Fixtures.Safetensors(TwoTensors, 32);
        for (int length = 0; length < file.Length; length++)
        {
            Action read = () => Read(file[..length]);
            read.Should().Throw<InvalidDataException>($"{length} of {file.Length} bytes are there").WithMessage("model.safetensors: *");
        }
    }

    [Fact]
    public void A_file_with_bytes_after_the_tensors_is_refused()
    {
        Action read = () => Read([.. Fixtures.Safetensors(TwoTensors, 32), 0]);
        read.Should().Throw<InvalidDataException>().WithMessage("*take 32 bytes, but 33 bytes follow*");
    }

    [Theory]
    [InlineData(100_000_001ul, "*claims 100000001 bytes; at most 100000000*")]
    [InlineData(99_999_999ul, "*claims 99999999 bytes, but the file ends*")]
    [InlineData(ulong.MaxValue, "*claims 18446744073709551615 bytes*")]
    [InlineData(0ul, "*does not begin with*")]
    public void A_lying_header_length_is_refused_before_anything_is_allocated(ulong claimed, string message)
    {
        byte[] file = Fixtures.Safetensors(TwoTensors, 32);
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimed);
        Action read = () => Read(file);

        long before = GC.GetAllocatedBytesForCurrentThread();
        read.Should().Throw<InvalidDataException>().WithMessage(message);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1_000_000);
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "*'a'*bytes 0 to 4*takes 8*")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "*'shape' of tensor 'a'*")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", 8, "*'shape' of tensor 'a'*")]
    [InlineData("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", 8, "*'shape' of tensor 'a'*")]
    [InlineData("""{"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}}""", 8, "*'shape' of tensor 'a'*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "*'a'*can be counted*")]
    [InlineData("""{"a":{"dtype":"F64","shape":[1152921504606846976],"data_offsets":[0,0]}}""", 0, "*'a'*can be counted*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 0, "*take 9223372036854775807 bytes, but 0*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[18446744073709551616],"data_offsets":[0,0]}}""", 0, "*'shape' of tensor 'a'*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[1,0]}}""", 0, "*bytes 1 to 0*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}""", 1, "*data_offsets*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1, "*more than 2 numbers*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", 1, "*lacks*")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,1]}}""", 1, "*lacks*")]
    [InlineData("""{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "*unknown dtype 'F33'*")]
    [InlineData("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", 4, "*'dtype' of tensor 'a'*")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "*'dtype' twice*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "*'a' twice*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "*'b'*overlap*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""", 2, "*overlap*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}""", 3, "*'b'*gap*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "*'a'*gap*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 2, "*take 1 bytes, but 2*")]
    [InlineData("""{"__metadata__":{"n":1}}""", 0, "*'n' in '__metadata__'*")]
    [InlineData("""{"__metadata__":{"n":"1","n":"2"}}""", 0, "*'n' twice*")]
    [InlineData("""{"__metadata__":[]}""", 0, "*'__metadata__' is no object*")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "*'__metadata__' twice*")]
    [InlineData("""{"a":[]}""", 0, "*'a' is no object*")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}{}""", 1, "*not the JSON*")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "*not the JSON*")]
    [InlineData(""" {}""", 0, "*does not begin with*")]
    [InlineData("""[]""", 0, "*does not begin with*")]
    [InlineData("""{""", 0, "*not the JSON*")]
    public void A_lying_header_is_refused_with_the_name_of_what_lies(string header, int dataBytes, string message)
    {
        Action read = () => Read(Fixtures.Safetensors(header, dataBytes));
        read.Should().Throw<InvalidDataException>().WithMessage("model.safetensors: *").WithMessage(message);
    }

    [Fact]
    public void A_type_of_the_format_that_is_not_supported_is_refused_by_name()
    {
        Action read = () => Read(Fixtures.Safetensors("""{"w":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}""", 2));
        read.Should().Throw<NotSupportedException>().WithMessage("model.safetensors: tensor 'w'*F8_E4M3*");
    }

    [Fact]
    public void A_tensor_of_more_dimensions_than_torch_handles_is_refused()
    {
        string shape = string.Join(',', Enumerable.Repeat("1", 65));
        Action read = () => Read(Fixtures.Safetensors($$$"""{"a":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,1]}}""", 1));
        read.Should().Throw<InvalidDataException>().WithMessage("*more than 64*");
    }

    [Fact]
    public void A_stream_that_ends_before_its_length_is_refused()
    {
        byte[] file = Fixtures.Safetensors(TwoTensors, 32);
        using Stream stream = new LyingStream(file[..20], file.Length);
        Action read = () => SafetensorsHeader.Read(stream, "entry");
        read.Should().Throw<InvalidDataException>().WithMessage("entry: *ends before*");
    }

    /// <summary>Mutated headers: an error that says so, or a header that is consistent with the file; never another exception, never much memory.</summary>
    /// <remarks>MLNETATTN_FUZZ is the number of mutations; issue 4 asks for 100 000 outside CI.</remarks>
    [Fact]
    public void A_mutated_file_is_refused_or_consistent()
    {
        byte[] original = Fixtures.Safetensors(TwoTensors, 32);
        int headerEnd = 8 + Encoding.UTF8.GetByteCount(TwoTensors);
        byte[] alphabet = [.. """0123456789-.eE[]{}",:\u abFI"""u8, 0, 0x80, 0xFF];
        Gen<(int At, byte Value)> change = Gen.Select(Gen.Int[0, headerEnd - 1], Gen.OneOf(Gen.Byte, Gen.Int[0, alphabet.Length - 1].Select(i => alphabet[i])));
        Gen<(int From, int Length)> cut = Gen.Select(Gen.Int[0, headerEnd - 1], Gen.Int[0, 9]);

        Gen.Select(change.Array[0, 4], cut.Array[0, 2], Gen.Bool).Sample((changes, cuts, keepLength) =>
        {
            List<byte> bytes = [.. original];
            foreach ((int at, byte value) in changes)
                bytes[at] = value;
            foreach ((int from, int length) in cuts)
                bytes.RemoveRange(from, Math.Min(length, bytes.Count - from));
            byte[] file = [.. bytes];
            // Most damage would be found by the length alone: half of the cases have a length that fits.
            if (keepLength && file.Length >= 8)
                BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)Math.Max(0, headerEnd - 8 - (original.Length - file.Length)));

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                SafetensorsHeader header = Read(file);
                header.Entries.Sum(entry => entry.End - entry.Start).Should().BeLessThanOrEqualTo(file.Length);
            }
            catch (Exception exception) when (exception is InvalidDataException or NotSupportedException)
            {
                exception.Message.Should().StartWith("model.safetensors: ");
            }
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(200_000);
        }, iter: long.TryParse(Environment.GetEnvironmentVariable("MLNETATTN_FUZZ"), out long iterations) ? iterations : 2_000, threads: 1);
    }

    private sealed class LyingStream(byte[] bytes, long length) : MemoryStream(bytes)
    {
        public override long Length => length;
    }
}
