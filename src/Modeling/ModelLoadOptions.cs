using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Where a model's weights go when it is loaded.</summary>
public sealed record ModelLoadOptions
{
    /// <summary>The device. Null (default) = the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>The type of the weights in memory, whatever the files hold: <c>Float32</c> (default), <c>BFloat16</c> (half the memory, faster on processors
    /// with bf16 units), or <c>Float64</c> (reference numbers).</summary>
    public ScalarType DataType { get; init; } = ScalarType.Float32;

    /// <exception cref="InvalidOptionsException">A type that weights cannot have.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.Require(
            DataType is ScalarType.Float32 or ScalarType.BFloat16 or ScalarType.Float64, nameof(DataType), DataType,
            "Float32, BFloat16 or Float64");
        problems.ThrowIfAny(nameof(ModelLoadOptions));
    }
}
