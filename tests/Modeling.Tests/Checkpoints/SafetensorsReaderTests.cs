using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class SafetensorsReaderTests
{
    private static byte[] Write(params (string Name, Tensor Tensor)[] tensors)
    {
        using MemoryStream stream = new();
        SafetensorsWriter.Write(stream, tensors.Select(pair => KeyValuePair.Create(pair.Name, pair.Tensor)), SafetensorsWriter.PyTorchFormat);
        return stream.ToArray();
    }

    private static void Load(byte[] file, Func<SafetensorsEntry, Tensor?> destination, bool requireFinite = true)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(Fixtures.Forward(file), "model.safetensors");
        reader.Load(destination, requireFinite);
    }

    [Theory]
    [InlineData(ScalarType.Float32, ScalarType.Float32)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float32, ScalarType.Float16)]
    [InlineData(ScalarType.BFloat16, ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16, ScalarType.Float32)]
    [InlineData(ScalarType.Float16, ScalarType.BFloat16)]
    [InlineData(ScalarType.Float64, ScalarType.Float32)]
    [InlineData(ScalarType.Int64, ScalarType.Int64)]
    [InlineData(ScalarType.Int16, ScalarType.Int32)]
    [InlineData(ScalarType.Int8, ScalarType.Int8)]
    public void Values_are_read_as_torch_converts_them(ScalarType stored, ScalarType inMemory)
    {
        using DisposeScope scope = NewDisposeScope();
        // More than one chunk of either kind, and not a whole number of them.
        Tensor values = (arange(-300_000, 300_000) % 1000).to(stored).view(3, -1), read = empty(3, 200_000, dtype: inMemory);

        Load(Write(("w", values)), _ => read);

        read.Equals(values.to(inMemory)).Should().BeTrue();
    }

    [Fact]
    public void A_bool_byte_other_than_0_and_1_is_read_as_true()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor read = empty(4, dtype: ScalarType.Bool);

        Load(Fixtures.Safetensors("""{"mask":{"dtype":"BOOL","shape":[4],"data_offsets":[0,4]}}""", 4), _ => read);

        read.bytes.ToArray().Should().Equal(0, 1, 1, 1);
    }

    [Fact]
    public void A_tensor_without_destination_is_passed_over()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor last = empty(2);

        Load(Write(("a", zeros(700_000)), ("b", tensor(new float[] { 1, 2 }))), entry => entry.Name == "b" ? last : null);

        last.data<float>().ToArray().Should().Equal(1, 2);
    }

    [Fact]
    public void A_parameter_that_wants_a_gradient_can_be_filled()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor parameter = zeros(2, requires_grad: true);

        Load(Write(("w", tensor(new float[] { 1, 2 }))), _ => parameter);
        Load(Write(("w", tensor(new double[] { 3, 4 }))), _ => parameter);

        parameter.detach().data<float>().ToArray().Should().Equal(3, 4);
        parameter.requires_grad.Should().BeTrue();
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(float.PositiveInfinity, 3)]
    [InlineData(float.NegativeInfinity, 40)]
    public void Values_that_are_not_finite_are_refused_with_their_number(float value, int count)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor values = zeros(400_000), read = empty(400_000);
        foreach (int i in Enumerable.Range(0, count))
            values[i * 9_973] = value;

        foreach (Tensor stored in new[] { values, values.bfloat16(), values.half(), values.@double() })
        {
            Action load = () => Load(Write(("model.norm.weight", stored)), _ => read);
            load.Should().Throw<InvalidDataException>().WithMessage($"*'model.norm.weight'*holds {count} NaN or infinite values among 400000*");
            Load(Write(("model.norm.weight", stored)), _ => read, requireFinite: false);
        }
    }

    [Fact]
    public void A_value_too_large_for_the_type_in_memory_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        Action load = () => Load(Write(("w", tensor(new float[] { 1, 1e6f }))), _ => empty(2, dtype: ScalarType.Float16));
        load.Should().Throw<InvalidDataException>().WithMessage("*'w'*F32 on disk, Float16 in memory*1 NaN or infinite*");
    }

    [Fact]
    public void A_destination_of_another_size_or_layout_is_refused()
    {
        using DisposeScope scope = NewDisposeScope();
        byte[] file = Write(("w", zeros(2, 3)));

        Action smaller = () => Load(file, _ => empty(5)), transposed = () => Load(file, _ => empty(3, 2).t());

        smaller.Should().Throw<ArgumentException>().WithMessage("*'w'*6 elements*[5]*");
        transposed.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Reading_leaves_no_tensor_behind()
    {
        using Tensor read = empty(100, dtype: ScalarType.BFloat16), values = zeros(100);
        byte[] file = Write(("w", values));
        Load(file, _ => read);
        long before = LiveTensors.Settle();

        for (int i = 0; i < 50; i++)
            Load(file, _ => read);

        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void A_refused_file_is_closed()
    {
        MemoryStream stream = new([1, 2, 3]);
        Action open = () => SafetensorsReader.Open(stream, "short");
        open.Should().Throw<InvalidDataException>();
        stream.CanRead.Should().BeFalse();
    }
}
