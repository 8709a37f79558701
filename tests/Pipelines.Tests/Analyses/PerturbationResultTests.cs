using System.Text.Json;

namespace MLNetAttn.Pipelines;

public sealed class PerturbationResultTests
{
    [Fact]
    public void One_response_says_nothing_of_others()
    {
        PerturbationResult result = Result((0.4, 0.6));
        result.Difference.Should().BeApproximately(-0.2, 1e-12);
        result.DifferenceInterval.Should().Be(new ConfidenceInterval(double.NegativeInfinity, double.PositiveInfinity));
        result.PValue.Should().Be(1);
        result.ToString().Should().MatchRegex(@"high − low +-0\.2000 +unbounded +1\.0000");
        JsonDocument.Parse(result.ToJson()).RootElement.GetProperty("difference_interval").GetProperty("lower").GetString().Should().Be("-Infinity");
    }

    [Fact]
    public void Of_few_responses_the_p_value_is_exact()
    {
        Result((0.4, 0.6), (0.1, 0.2), (0.3, 0.3), (0.2, 0.7)).PValue.Should().Be(2 / 8.0, "one does not differ");
        Result((0.6, 0.4), (0.1, 0.2), (0.2, 0.7)).PValue.Should().Be(6 / 8.0);
    }

    [Fact]
    public void Its_table_stands_in_a_report()
    {
        ReportTable table = new RhythmReport().Add(Result((0.4, 0.6), (0.1, 0.2)).ToTable()).Tables.Single();
        table.Rows.Should().HaveCount(4);
        table.Note.Should().StartWith("2 responses, 1 too short");
    }

    private static PerturbationResult Result(params (double High, double Low)[] overlaps) => new(
        [.. overlaps.Select((overlap, i) => new PerturbedResponse(i, [new(0, 0, [], overlap.High)], [new(1, 0, [], overlap.Low)]))],
        skipped: 1,
        new PerturbationOptions());
}
