using CsCheck;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TileProductTests
{
    public TileProductTests() => RequireSupport();

    [Fact]
    public void Equals_the_product_and_adds_to_what_is_there() => Gen
        .Select(Gen.Int[1, 70], Gen.Int[1, 9], Gen.Int[0, 20], Gen.Bool)
        .Sample((inner, sixteenths, gap, adds) => Check(() =>
        {
            int columns = 16 * sixteenths, stride = columns + gap;
            Tensor a = Random(ScalarType.Float32, 1, 4, inner + 3),
                b = Random(ScalarType.Float32, 2, inner, stride),
                c = Random(ScalarType.Float32, 3, 4, stride),
                result = c.clone();
            unsafe
            {
                fixed (float* left = KernelSupport.Elements<float>(a), right = KernelSupport.Elements<float>(b), target = KernelSupport.Elements<float>(result))
                    TileProduct.Apply(left, inner + 3, right, target, inner, columns, stride, adds);
            }
            Tensor product = matmul(a.narrow(1, 0, inner), b);
            Close(result.narrow(1, 0, columns), (adds ? c + product : product).narrow(1, 0, columns));
            result.narrow(1, columns, gap).Equals(c.narrow(1, columns, gap)).Should().BeTrue("what lies between rows is not written");
        }), iter: 60);
}
