using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class HostValuesTests
{
    [Fact]
    public void Elements_come_row_by_row_wherever_they_lie()
    {
        using var scope = NewDisposeScope();
        Tensor rows = tensor([1f, 2f, 3f, 4f, 5f, 6f], [2, 3]);
        rows.ToSingles().Should().Equal(1, 2, 3, 4, 5, 6);
        rows.transpose(0, 1).ToDoubles().Should().Equal(1, 4, 2, 5, 3, 6);
        rows.narrow(1, 1, 2).to(ScalarType.BFloat16).ToSingles().Should().Equal(2, 3, 5, 6);
        rows.sum().ToNumber().Should().Be(21);
        tensor(true).ToNumber().Should().Be(1);
        FluentActions.Invoking(() => rows.ToNumber()).Should().Throw<InvalidOperationException>();
        rows.narrow(0, 0, 0).ToSingles().Should().BeEmpty();
    }

    [Fact]
    public void What_has_a_gradient_is_read_and_nothing_is_left_behind()
    {
        using Tensor weight = ones(3, requires_grad: true);
        long before = Tensor.TotalCount;
        weight.ToSingles().Should().Equal(1, 1, 1);
        Tensor.TotalCount.Should().Be(before);
    }
}
