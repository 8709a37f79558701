using System.Text.Json;

namespace MLNetAttn.Cli.Tests;

public sealed class RowErrorsTests
{
    [Fact]
    public void What_is_for_programmers_is_left_out()
    {
        RowErrors.Describe(new ArgumentException("Row 0: it is bad.", "rows")).Should().Be("it is bad.");
        RowErrors.Describe(new NotSupportedException("'x' has no chat template: add a file, or use ChatTemplate.Parse."))
            .Should().Be("'x' has no chat template: add a file.");
        RowErrors.Describe(FluentActions.Invoking(() => JsonDocument.Parse("{")).Should().Throw<JsonException>().Which)
            .Should().StartWith("The line is no JSON: ").And.Contain("byte 2").And.NotContain("LineNumber");
    }

    [Fact]
    public void Files_and_memory_are_no_rows_fault()
    {
        RowErrors.IsBadRow(new InvalidDataException()).Should().BeTrue();
        RowErrors.IsBadRow(new NotSupportedException()).Should().BeTrue();
        RowErrors.IsBadRow(new IOException()).Should().BeFalse();
        RowErrors.IsBadRow(new OperationCanceledException()).Should().BeFalse();
    }
}
