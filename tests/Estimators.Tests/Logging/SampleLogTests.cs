using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class SampleLogTests
{
    private static readonly LoggedSample Sample = new()
    {
        Prompt = "1 + 1 <=>",
        PromptTokens = ["1 +", " 1 <=>"],
        Response = "Zwölf 😀",
        Reward = double.NaN,
        Advantage = -0.5,
        TokenIds = [7, 8, 0],
        Tokens = ["Zwölf", " 😀", ""],
        Roles = [TokenRoles.None, TokenRoles.Preplan | TokenRoles.Anchor, TokenRoles.Introduction],
        Credit = [1, 1.5, 1.25],
        FinishReason = FinishReason.StopToken,
    };

    [Fact]
    public void A_response_is_a_line_of_readable_text()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("samples.jsonl");
        using (var log = new SampleLog(path)) log.Write(7, Sample);
        File.ReadAllText(path).Should().Be(
            "{\"step\":7,\"prompt\":\"1 + 1 <=>\",\"prompt_tokens\":[\"1 +\",\" 1 <=>\"],\"response\":\"Zwölf \\uD83D\\uDE00\",\"reward\":null,\"advantage\":-0.5,\"token_ids\":[7,8,0],\"tokens\":[\"Zwölf\",\" \\uD83D\\uDE00\",\"\"],"
            + "\"role\":[\"None\",\"Anchor\",\"Introduction\"],\"credit\":[1,1.5,1.25],\"finish_reason\":\"stop_token\"}\n");
    }

    [Fact]
    public void A_run_that_resumes_drops_later_responses()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("samples.jsonl");
        using (var log = new SampleLog(path))
            foreach (int step in (int[])[5, 5, 10, 15]) log.Write(step, Sample);
        using (var log = new SampleLog(path, resumeAfterStep: 10)) log.Write(15, Sample with { Reward = 1 });
        string[] lines = File.ReadAllLines(path);
        lines.Select(line => line[..10]).Should().Equal("{\"step\":5,", "{\"step\":5,", "{\"step\":10", "{\"step\":15");
        lines[^1].Should().Contain("\"reward\":1,");
    }
}
