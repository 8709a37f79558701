using CsCheck;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class FewRowsProductTests
{
    public FewRowsProductTests() => RequireSupport();

    [Fact]
    public void Equals_the_product_in_float64() => Gen
        .Select(Types, Gen.Int[1, FewRowsProduct.MaximumRows], Gen.Int[1, 200], Gen.Int[1, 70], Gen.Bool)
        .Sample((type, rows, width, outputs, biased) => Check(() =>
        {
            Tensor input = Random(type, 1, rows, width), weight = Random(type, 2, outputs, width);
            Tensor? bias = biased ? Random(type, 3, outputs) : null;
            Tensor expected = matmul(input.to(ScalarType.Float64), weight.to(ScalarType.Float64).t());
            Close(FewRowsProduct.Apply(input, weight, bias), bias is null ? expected : expected + bias.to(ScalarType.Float64));
        }), iter: 100);

    [Fact]
    public void Keeps_the_leading_dimensions_and_splits_work_over_threads() => Check(() =>
    {
        Tensor input = Random(ScalarType.BFloat16, 1, 5, 1, 96), weight = Random(ScalarType.BFloat16, 2, 20_003, 96);
        Tensor found = FewRowsProduct.Apply(input, weight, null);
        Close(found, matmul(input.to(ScalarType.Float64), weight.to(ScalarType.Float64).t()));
    });
}
