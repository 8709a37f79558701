namespace MLNetAttn.Transforms.Tests;

public sealed class RowErrorTests
{
    [Theory]
    [InlineData("Row 0: it is empty.", "it is empty.")]
    [InlineData("Row 12: Row 3 is its father.", "Row 3 is its father.")]
    [InlineData("Its father is in Row 3: look there.", "Its father is in Row 3: look there.")]
    public void The_row_of_another_view_is_left_out(string message, string cause) => RowError.Cause(new FormatException(message)).Should().Be(cause);

    [Fact]
    public void The_parameter_is_left_out() => RowError.Cause(new ArgumentException("Row 1: no.", "schema")).Should().Be("no.");
}
