namespace MLNetAttn.Modeling.Tests;

public sealed class HeadSpansTests
{
    [Fact]
    public void Pooling_weights_by_tokens()
    {
        HeadSpans pooled = HeadSpans.Pool([new([1], [[1.0, 4.0]], 30), new([1], [[5.0, 8.0]], 10)]);
        pooled.Spans[0].Should().Equal(2.0, 5.0);
        pooled.TokenCount.Should().Be(40);
    }

    [Fact]
    public void What_cannot_be_pooled_is_refused_and_so_are_spans_of_no_token()
    {
        FluentActions.Invoking(() => HeadSpans.Pool([])).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => HeadSpans.Pool([new([1], [[1.0]], 1), new([2], [[1.0]], 1)]))
            .Should().Throw<ArgumentException>().WithMessage("*different layers*");
        FluentActions.Invoking(() => new HeadSpans([1], [[1.0]], 0)).Should().Throw<ArgumentException>();
    }
}
