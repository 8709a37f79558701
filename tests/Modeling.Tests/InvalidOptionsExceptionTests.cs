namespace MLNetAttn.Modeling.Tests;

public sealed class InvalidOptionsExceptionTests
{
    [Fact]
    public void All_that_is_out_of_range_is_said_at_once_and_piece_by_piece()
    {
        InvalidOptionsException exception = FluentActions
            .Invoking(() => new GenerationOptions { Temperature = -1, TopP = 1.5, StopStrings = ["a", ""] }.Validate(prompts: 1))
            .Should().Throw<InvalidOptionsException>().Which;
        exception.Violations.Should().Equal(
            new OptionViolation("Temperature", "-1", "0 (greedy), or 1E-06 or more"),
            new OptionViolation("TopP", "1.5", "0 to 1"),
            new OptionViolation("StopStrings[1]", "empty", "at least one character"));
        exception.Message.Should().Be(
            "GenerationOptions: Temperature is -1, expected 0 (greedy), or 1E-06 or more; TopP is 1.5, expected 0 to 1; StopStrings[1] is empty, expected at least one character.");
        exception.Should().BeAssignableTo<ArgumentException>();
    }
}
