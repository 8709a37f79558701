namespace MLNetAttn.Pipelines;

public sealed class ReportTraceTests
{
    [Fact]
    public void Everything_but_the_tokens_may_be_missing() => new ReportTrace { ResponseTokens = ["a"] }.Validate();

    [Fact]
    public void All_that_has_another_number_of_values_is_named_at_once()
    {
        var trace = new ReportTrace
        {
            Title = "T",
            PromptTokens = ["p"],
            ResponseTokens = ["a", "b"],
            Waad = [1],
            Credit = [1, 1, 1],
            TokenIds = [],
            Roles = [0],
            Maps = [StoredMap.Create("M", new([[1], [0.5, 0.5]]), [])],
        };
        trace.Invoking(t => t.Validate()).Should().Throw<ArgumentException>().Which.Message.Should()
            .Match("ReportTrace 'T':*waad is of 1 tokens, expected 2*credit is of 3 tokens*TokenIds is of 0*Roles is of 1*map 'M' is of 2 tokens, expected 3*");
        new ReportTrace { ResponseTokens = [] }.Invoking(t => t.Validate()).Should().Throw<ArgumentException>().WithMessage("*at least one token*");
    }
}
