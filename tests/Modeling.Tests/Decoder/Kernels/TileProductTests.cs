using CsCheck;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TileProductTests
{
    public TileProductTests() => RequireSupport();

    [Fact]
    public void Equals_the_product_and_adds_to_what_is_there() => Gen.Select(Gen.Int[1, 70], Gen.Int[1, 9], Gen.Bool).Sample((inner, sixteenths, adds) => Check(() =>
    {
        int columns = 16 * sixteenths;
        Tensor a = Random(ScalarType.Float32, 1, 4, inner + 3), b = Random(ScalarType.Float32, 2, inner, columns), c = Random(ScalarType.Float32, 3, 4, columns), result = c.clone();
        unsafe
        {
            fixed (float* left = KernelSupport.Elements<float>(a), right = KernelSupport.Elements<float>(b), target = KernelSupport.Elements<float>(result))
                TileProduct.Apply(left, inner + 3, right, target, inner, columns, adds);
        }
        Tensor product = matmul(a.narrow(1, 0, inner), b);
        Close(result, adds ? c + product : product);
    }), iter: 60);
}
