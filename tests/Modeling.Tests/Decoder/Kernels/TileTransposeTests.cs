using CsCheck;
using TorchSharp;
using static MLNetAttn.Modeling.Tests.KernelCheck;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TileTransposeTests
{
    public TileTransposeTests() => RequireSupport();

    [Fact]
    public void Rows_become_columns() => Gen
        .Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[0, 20], Gen.Int[0, 20])
        .Sample((rowBlocks, columnBlocks, gap, resultGap) => Check(() =>
        {
            int rows = TileTranspose.Block * rowBlocks, columns = TileTranspose.Block * columnBlocks;
            Tensor a = Random(ScalarType.Float32, 1, rows, columns + gap), b = zeros(columns, rows + resultGap);
            unsafe
            {
                fixed (float* source = KernelSupport.Elements<float>(a), target = KernelSupport.Elements<float>(b))
                    TileTranspose.Apply(source, columns + gap, target, rows + resultGap, rows, columns);
            }
            b.narrow(1, 0, rows).Equals(a.narrow(1, 0, columns).t()).Should().BeTrue();
            b.narrow(1, rows, resultGap).count_nonzero().ToInt64().Should().Be(0, "what lies between rows is not written");
        }), iter: 60);
}
