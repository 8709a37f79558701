using System.Runtime.Intrinsics;

namespace MLNetAttn.Modeling.Tests;

public sealed class VectorSequenceTests
{
    [Fact]
    public void Indices_count_from_zero() => VectorSequence.Indices.Should().Be(Vector512.Create([.. Enumerable.Range(0, 16).Select(i => (float)i)]));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7, -1)]
    [InlineData(-2.5f, 0.25f)]
    public void Steps_begin_where_they_should(float start, float step) =>
        VectorSequence.From(start, step).Should().Be(Vector512.Create([.. Enumerable.Range(0, 16).Select(i => start + i * step)]));
}
