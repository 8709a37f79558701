using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

public sealed class ReportOutcomeTests
{
    [Theory]
    [InlineData("""{"step": 25, "reward": 0.5, "advantage": -1, "finish_reason": "stop_token"}""", 25, 0.5f, -1f, FinishReason.StopToken)]
    [InlineData("""{"finish_reason": "stop_string"}""", null, null, null, FinishReason.StopString)]
    [InlineData("""{"reward": null, "finish_reason": "length"}""", null, null, null, FinishReason.Length)]
    [InlineData("""{"step": "solve", "reward": {"format": 1}, "advantage": [1, 2], "finish_reason": 2}""", null, null, null, null)]
    [InlineData("""{"step": 1.5, "reward": 2, "finish_reason": "content_filter"}""", null, 2f, null, null)]
    public void Rows_say_what_became_of_a_response_and_what_is_somebodys_own_is_passed_over(
        string row, int? step, float? reward, float? advantage, FinishReason? reason)
    {
        using JsonDocument document = JsonDocument.Parse(row);
        var expected = new ReportOutcome { Step = step, Reward = reward, Advantage = advantage, FinishReason = reason };
        ReportOutcome.Read(document.RootElement).Should().Be(expected == new ReportOutcome() ? null : expected);
    }
}
