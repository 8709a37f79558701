using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TensorArithmeticTests
{
    [Fact]
    public void Operations_are_those_of_torch()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor(new[] { -2f, 0, 3 }), b = tensor(new[] { 1f, 5, -4 }), mask = tensor(new[] { true, false, true });
        Values(a.Plus(b)).Should().Equal(-1, 5, -1);
        Values(a.Plus(0.5)).Should().Equal(-1.5f, 0.5f, 3.5f);
        Values(a.Minus(0.5)).Should().Equal(-2.5f, -0.5f, 2.5f);
        Values(a.SubtractedFrom(1)).Should().Equal(3, 1, -2);
        Values(a.Times(-2)).Should().Equal(4, 0, -6);
        Values(a.Over(4)).Should().Equal(-0.5f, 0, 0.75f);
        Values(a.Clamped(-1, 1)).Should().Equal(-1, 0, 1);
        Values(a.Clamped(max: 1)).Should().Equal(-2, 0, 1);
        Values(a.Clamped(min: 1)).Should().Equal(1, 1, 3);
        Values(a.Masked(mask, 9)).Should().Equal(9, 0, 9);
        a.Below(0).data<bool>().Should().Equal(true, false, false);
        a.AtMost(0).data<bool>().Should().Equal(true, true, false);
        a.Above(0).data<bool>().Should().Equal(false, false, true);
        a.AtLeast(0).data<bool>().Should().Equal(false, true, true);
        Values(a).Should().Equal([-2, 0, 3], "none of these changes its operand");
        Values(a.clone().Add_(b)).Should().Equal(-1, 5, -1);
        Values(a.clone().Over_(4)).Should().Equal(-0.5f, 0, 0.75f);
        Values(a.clone().Add_(1)).Should().Equal(-1, 1, 4);
        Values(a.clone().Clamp_(min: 0)).Should().Equal(0, 0, 3);
        Values(a.clone().Mask_(mask, 7)).Should().Equal(7, 0, 7);
        Values(a.clone().Fill_(2)).Should().Equal(2, 2, 2);
        TensorArithmetic.Range(2, 9, step: 3).data<long>().Should().Equal(2, 5, 8);
        TensorArithmetic.Range(0, 3, ScalarType.Float32).dtype.Should().Be(ScalarType.Float32);
        zeros(2, 3, dtype: ScalarType.Bool).FillColumns_(tensor(new long[] { 0, 2 }), 1).data<bool>().Should().Equal(true, false, true, true, false, true);
    }

    [Fact]
    public void Gradients_flow_through()
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(new[] { 1f, 2 }, requires_grad: true);
        x.Times(3).Plus(x * x).Minus(1).Over(2).sum().backward();
        Values(x.grad!).Should().Equal(2.5f, 3.5f);
    }

    // Without the care that these operations take, a thread that collects garbage frees the numbers under them within a second.
    [Fact]
    public void A_thread_that_collects_garbage_changes_nothing()
    {
        bool stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop)) GC.KeepAlive(new byte[1000]);
        });
        collector.Start();
        try
        {
            using var noGradient = no_grad();
            using Tensor x = ones(4000), mask = ones(4000, dtype: ScalarType.Bool);
            for (int i = 0; i < 20_000; i++)
            {
                using var scope = NewDisposeScope();
                Tensor result = x.Masked(mask, 2).Plus(x).Times(3);
                if (i % 1000 == 0) result[0].ToSingle().Should().Be(9);
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            collector.Join();
        }
    }

    private static float[] Values(Tensor tensor) => [.. tensor.detach().data<float>()];
}
