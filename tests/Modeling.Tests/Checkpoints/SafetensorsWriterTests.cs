using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class SafetensorsWriterTests
{
    private static byte[] Write(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, tensors, metadata ?? new Dictionary<string, string>());
        return stream.ToArray();
    }

    [Fact]
    public void The_file_is_laid_out_as_the_reference_implementation_does()
    {
        using DisposeScope scope = NewDisposeScope();
        byte[] file = Write(new Dictionary<string, Tensor>
        {
            ["b"] = tensor(new byte[] { 7 }),
            ["é\"\n"] = tensor(new float[] { 1 }),
            ["a"] = tensor(1L),
            ["Z"] = zeros(2, 0),
        }, SafetensorsWriter.PyTorchFormat);

        string header =
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"Z":{"dtype":"F32","shape":[2,0],"data_offsets":[8,8]},"é\"\n":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"b":{"dtype":"U8","shape":[1],"data_offsets":[12,13]}}""";
        int padded = (Encoding.UTF8.GetByteCount(header) + 7) / 8 * 8;
        BitConverter.ToUInt64(file).Should().Be((ulong)padded);
        Encoding.UTF8.GetString(file, 8, padded).TrimEnd(' ').Should().Be(header);
        file[(8 + padded)..].Should().Equal(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F, 7);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        using DisposeScope scope = NewDisposeScope();
        using TemporaryFolder folder = Fixtures.Folder();
        Dictionary<string, Tensor> tensors = new()
        {
            ["f32"] = rand(1000, 700),
            ["bf16"] = rand(5, 3).bfloat16(),
            ["f16"] = rand(5).half(),
            ["f64"] = rand(5).@double(),
            ["i64"] = arange(5),
            ["i32"] = arange(5).@int(),
            ["i16"] = arange(5).@short(),
            ["i8"] = arange(5).to(ScalarType.Int8),
            ["u8"] = arange(5).@byte(),
            ["bool"] = arange(5) > 2,
            ["scalar"] = tensor(3.5f),
            ["empty"] = zeros(0, 4),
            ["transposed"] = rand(3, 4).t(),
            ["gradient"] = rand(3, requires_grad: true),
        };
        File.WriteAllBytes(folder.File("t.safetensors"), Write(tensors));

        Dictionary<string, Tensor> read = SafetensorsReader.ReadAll(folder.File("t.safetensors"));

        read.Keys.Should().BeEquivalentTo(tensors.Keys);
        foreach ((string name, Tensor tensor) in tensors)
        {
            read[name].dtype.Should().Be(tensor.dtype);
            read[name].Equals(tensor).Should().BeTrue(name);
        }
    }

    [Fact]
    public void A_name_that_is_reserved_or_occurs_twice_is_refused()
    {
        using Tensor tensor = zeros(1);
        Action reserved = () => Write([new("__metadata__", tensor)]), twice = () => Write([new("w", tensor), new("w", tensor)]);
        reserved.Should().Throw<ArgumentException>().WithMessage("*'__metadata__'*");
        twice.Should().Throw<ArgumentException>().WithMessage("*'w'*");
    }

    [Fact]
    public void A_type_that_the_format_does_not_have_is_refused()
    {
        using Tensor tensor = zeros(1, dtype: ScalarType.ComplexFloat32);
        Action write = () => Write([new("w", tensor)]);
        write.Should().Throw<NotSupportedException>().WithMessage("*ComplexFloat32*");
    }
}
