using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Where rounding matters (log-probabilities, metrics) half-precision values are widened, and float64 stays as it is.</summary>
internal static class Precision
{
    /// <summary>float64 as it is, everything else as float32.</summary>
    public static Tensor AtLeastSingle(this Tensor tensor) => tensor.to(Of(tensor.dtype));

    /// <summary>The type that values computed from tensors of this type have.</summary>
    public static ScalarType Of(ScalarType type) => type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
}
