using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli.Tests;

public sealed class RolloutRowsTests : IDisposable
{
    private const string Plain = """{"prompt": "1 + 1 =", "response": "2", "reward": 1}""";

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _context = new();

    private string Rows => _folder.File("rollouts.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_generate_and_score_write_is_learnt_from()
    {
        string problems = """
            {"prompt": "numbers 1 5 7 target 11 :", "numbers": [1, 5, 7], "target": 11}
            {"prompt": "numbers 2 3 4 target 9 :", "numbers": [2, 3, 4], "target": 9}

            """;
        (int generated, JsonElement[] responses, string said) = await Tool.RunAsync(
            problems, "generate", "--model", Tool.Countdown, "--samples", "8", "--max-new-tokens", "24", "--seed", "3");
        generated.Should().Be(0, said);
        (int scored, JsonElement[] rollouts, string told) =
            await Tool.RunAsync(string.Join('\n', responses.Select(row => row.GetRawText())), "score", "--task", "countdown");
        scored.Should().Be(0, told);
        // Rewards that do not all agree, whatever was sampled.
        await File.WriteAllLinesAsync(
            Rows,
            rollouts.Select((row, i) => Regex.Replace(row.GetRawText(), "\"reward\":[^,}]*", $"\"reward\":{i % 2}")),
            TestContext.Current.CancellationToken);
        string config = _folder.File("run.json"), output = _folder.File("run");
        await File.WriteAllTextAsync(config, $$"""
            {
              "model": {{JsonSerializer.Serialize(Tool.Countdown)}},
              "rollouts": {{JsonSerializer.Serialize(Rows)}},
              "output": {{JsonSerializer.Serialize(output)}},
              "options": {
                "steps": 2, "prompts_per_step": 2, "generations": 8, "max_new_tokens": 24, "learning_rate": 1e-3,
                "rhythm": {"minimum_horizon": 4, "maximum_horizon": 20}
              }
            }
            """, TestContext.Current.CancellationToken);
        (int code, JsonElement[] result, string errors) = await Tool.RunAsync("", "train", "--config", config);
        code.Should().Be(0, errors);
        result.Single().GetProperty("steps").GetInt32().Should().Be(2);
        JsonElement[] metrics = Tool.Parse(await File.ReadAllTextAsync(Path.Combine(output, "metrics.jsonl"), TestContext.Current.CancellationToken));
        metrics.Select(step => step.GetProperty("reward").GetDouble()).Should().Equal(0.5, 0.5);
        metrics[0].GetProperty("clip_ratio/region_mean").GetDouble().Should().Be(0, "the policy is the one that sampled");
        string report = await File.ReadAllTextAsync(Path.Combine(output, "report.html"), TestContext.Current.CancellationToken);
        report.Should().Contain("numbers 1 5 7 target 11 :").And.Contain("numbers 2 3 4 target 9 :");
    }

    [Fact]
    public void Groups_are_those_of_a_prompt_where_a_row_names_none()
    {
        TrainingRows rows = Read(
            PromptFormat.Text,
            Plain,
            """{"prompt": "1 + 1 =", "text": "3", "reward": null}""",
            """{"prompt": "2", "text": "", "reward": 0, "group": 7}""");
        rows.View.GetColumn<string>("Group").Should().Equal("1 + 1 =", "1 + 1 =", "7");
        rows.View.GetColumn<string>("Response").Should().Equal("2", "3", "");
        rows.View.GetColumn<float>("Reward").Should().Equal(1, float.NaN, 0);
        RolloutRows.Columns(rows.View.Schema).Should().Be(new RecordedRollouts());
    }

    [Fact]
    public void Token_ids_and_log_probabilities_are_read_where_rows_have_them()
    {
        TrainingRows rows = Read(PromptFormat.Text, """{"prompt": "1", "text": "ab", "token_ids": [4, 5], "log_probs": [-1.5, -0.25], "reward": 1}""");
        rows.View.GetColumn<int[]>("ResponseTokenIds").Single().Should().Equal(4, 5);
        rows.View.GetColumn<float[]>("LogProbs").Single().Should().Equal(-1.5f, -0.25f);
        RolloutRows.Columns(rows.View.Schema).Should()
            .Be(new RecordedRollouts { ResponseColumnName = "ResponseTokenIds", LogProbabilitiesColumnName = "LogProbs" });
    }

    [Fact]
    public void A_prompt_may_be_the_conversation_that_generate_was_given()
    {
        TrainingRows rows = Read(
            PromptFormat.Messages,
            """{"messages": [{"role": "user", "content": "1 + 1?"}], "tools": [], "answer": "2", "text": "2", "reward": 1}""",
            """{"prompt": [{"role": "user", "content": "3?"}], "text": "2", "reward": 1}""");
        rows.View.GetColumn<string>("Prompt").Should().Equal(
            """{"messages":[{"role":"user","content":"1 + 1?"}],"tools":[]}""", """[{"role":"user","content":"3?"}]""");
        rows.Titles.Should().Equal("1 + 1?", "3?");
    }

    [Theory]
    [InlineData("""{"prompt": "1", "response": "2"}""", "*rollouts.jsonl', line 2: *no 'reward'*")]
    [InlineData("""{"prompt": "1", "reward": 1}""", "*line 2: *no 'response'*")]
    [InlineData("""{"prompt": [], "response": "2", "reward": 1}""", "*line 2: *options.prompt_format to messages*")]
    [InlineData("""{"prompt": "1", "token_ids": [1], "reward": 1}""", "*line 2: *a 'token_ids', and the first has none*")]
    [InlineData("""{"prompt": "1", "response": "2", "log_probs": [0], "reward": 1}""", "*line 2: *a 'log_probs', and the first has none*")]
    [InlineData("""{"prompt": "1", "response": "2", "log_probs": [null], "reward": 1}""", "*line 2: *'log_probs' is not an array of numbers*")]
    [InlineData("""{"line": 2, "error": "no"}""", "*line 2: *leave out all rows of its group*")]
    [InlineData("{", "*line 2: *(byte 2)*")]
    public void A_wrong_row_is_named_by_its_line(string row, string message) =>
        FluentActions.Invoking(() => Read(PromptFormat.Text, Plain, row)).Should().Throw<InvalidDataException>().WithMessage(message);

    private TrainingRows Read(PromptFormat format, params string[] lines)
    {
        File.WriteAllLines(Rows, lines);
        return RolloutRows.Read(_context, Rows, new PolicyOptimizationOptions { PromptFormat = format });
    }
}
