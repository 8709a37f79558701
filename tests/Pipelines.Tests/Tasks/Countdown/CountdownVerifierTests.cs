using System.Text.Json;

namespace MLNetAttn.Pipelines;

public sealed class CountdownVerifierTests
{
    private const string NoVectors = "(no reward vectors)";

    public static IEnumerable<TheoryDataRow<string>> RewardVectors() =>
        Repository.Shared("data", "countdown_reward_vectors.jsonl") is { } path
            ? File.ReadLines(path).Where(line => line.Length > 0).Select(line => new TheoryDataRow<string>(line))
            : [new TheoryDataRow<string>(NoVectors)];

    [Theory]
    [MemberData(nameof(RewardVectors))]
    public void TinyZero_scores_equal_the_ones_of_TinyZero(string vector)
    {
        Assert.SkipWhen(vector == NoVectors, "../shared/data/countdown_reward_vectors.jsonl is absent.");
        using var json = JsonDocument.Parse(vector);
        JsonElement row = json.RootElement;
        int[] numbers = [.. row.GetProperty("nums").EnumerateArray().Select(number => number.GetInt32())];
        CountdownVerifier.Score(row.GetProperty("completion").GetString()!, numbers, row.GetProperty("target").GetDouble(), CountdownFormat.TinyZero)
            .Should().Be(row.GetProperty("tinyzero").GetSingle());
    }

    [Theory]
    [InlineData("try 7 + 5 = 12 ; 12 - 1 = 11 ; yes . answer ( 7 + 5 ) - 1")]
    [InlineData("answer ( 7 + 5 ) - 1")]
    [InlineData("answer 1 + 5 + 7 no answer 7+5-1")]
    [InlineData("answer ((7)) - (1 - 5)")]
    public void A_right_expression_after_the_last_answer_scores_1(string response) => CountdownVerifier.Score(response, [1, 5, 7], 11).Should().Be(1);

    [Theory]
    [InlineData("")]
    [InlineData("yes . answer")]
    [InlineData("try 7 + 5 = 12 ; 12 - 1 = 11 ; no . stop")]
    [InlineData("answer 7 + 5 + 1")]
    [InlineData("answer ( 7 + 5 - 1")]
    [InlineData("answer 7 + 5 - 1 )")]
    [InlineData("answer 7 + 5 - 1 stop")]
    [InlineData("answer 7 + 5 - 1 = 11")]
    [InlineData("answer 7 5 + 1")]
    [InlineData("answer 11")]
    [InlineData("answer 7 + 5 - 1 + 0")]
    [InlineData("answer 7 + 7 - 5 + 1 + 1")]
    [InlineData("answer - 1 + 7 + 5")]
    [InlineData("answer 7 + 5 - 1.0")]
    [InlineData("answer 7 + 5 - 1 answer")]
    [InlineData("answer 7 + 5 - 99999999999999999999")]
    public void Anything_else_scores_0(string response) => CountdownVerifier.Score(response, [1, 5, 7], 11).Should().Be(0);

    [Fact]
    public void Fractions_on_the_way_are_exact() => CountdownVerifier.Score("answer 8 / ( 3 - 8 / 3 )", [3, 3, 8, 8], 24).Should().Be(1);

    [Theory]
    [InlineData("<answer> 1 <answer> 7+5-1 </answer>", 0.1f)]
    [InlineData("<answer>7+5-1</answer> <answer>1</answer>", 0.1f)]
    [InlineData("<answer>7+5-1</answer> <answer>", 1f)]
    [InlineData("<answer>7+5-1</answer>\n", 0f)]
    [InlineData("<answer>7+5--1-(1-1)</answer>", 0.1f)]
    public void The_last_tagged_answer_of_the_last_line_counts(string response, float score) =>
        CountdownVerifier.Score(response, [1, 5, 7], 11, CountdownFormat.TinyZero).Should().Be(score);

    [Fact]
    public void A_hostile_response_costs_no_time()
    {
        string[] hostile =
        [
            $"answer {new string('(', 1_000_000)}1", $"<answer>{new string('-', 1_000)}1</answer>", "<answer>9**9**9</answer>", "<answer>9**(0-9**9)</answer>",
            $"<answer>{string.Concat(Enumerable.Repeat("<answer>", 100_000))}", $"answer {new string('9', 1_000_000)}",
        ];
        foreach (string response in hostile)
            foreach (CountdownFormat format in Enum.GetValues<CountdownFormat>())
                CountdownVerifier.Score(response, [9, 9, 9], 1, format).Should().BeLessThan(1);
    }

    [Fact]
    public void An_unknown_format_is_refused()
    {
        Action score = () => CountdownVerifier.Score("", [1], 1, (CountdownFormat)7);
        score.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*Countdown format*");
    }
}
