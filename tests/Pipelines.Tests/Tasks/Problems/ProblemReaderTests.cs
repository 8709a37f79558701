using System.Text.Json;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

public sealed class ProblemReaderTests
{
    [Theory]
    [InlineData("gsm8k_test", ProblemFormat.Gsm8k, 1319, "18")]
    [InlineData("math500", ProblemFormat.Math, 500, @"\left( 3, \frac{\pi}{2} \right)")]
    [InlineData("aime24", ProblemFormat.Aime, 30, "204")]
    [InlineData("aime25", ProblemFormat.Aime, 30, "70")]
    [InlineData("aime26", ProblemFormat.Aime, 30, "277")]
    [InlineData("amc23", ProblemFormat.Amc, 40, "27")]
    [InlineData("olympiadbench", ProblemFormat.OlympiadBench, 675, "2")]
    [InlineData("countdown_4num_512", ProblemFormat.Countdown, 512, "")]
    [InlineData("countdown_cd3_test_d1", ProblemFormat.Countdown, 256, "")]
    public void Published_files_are_read_whole(string file, ProblemFormat format, int count, string firstAnswer)
    {
        string? path = Repository.Shared("data", file + ".jsonl");
        Assert.SkipWhen(path is null, $"'data/{file}.jsonl' is not in ../shared.");
        TaskProblem[] problems = [.. ProblemReader.Read(path!, format)];
        problems.Select(problem => problem.Index).Should().Equal(Enumerable.Range(0, count));
        problems[0].Answer.Should().Be(firstAnswer);
        problems.Should().OnlyContain(problem => problem.Question.Length > 0 && !problem.Question.Contains("Please reason step by step"));
        if (format == ProblemFormat.Countdown)
            problems.Should().OnlyContain(problem => problem.Numbers.Length >= 3 && problem.Target > 0 && problem.Prompt == problem.Question);
        else
            problems.Should().OnlyContain(problem =>
                problem.Answer.Length > 0 && problem.Prompt == problem.Question + "\n" + ProblemReaderOptions.BoxedAnswer);
    }

    [Theory]
    [InlineData("""{"nums":[1,5,7],"target":11}""")]
    [InlineData("""{"numbers":[1,5,7],"target":11,"prompt":"numbers 1 5 7 target 11 :"}""")]
    [InlineData("""{"input":"1,5,7","output":"11"}""")]
    public void Countdown_has_several_forms(string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.jsonl"), line);
        TaskProblem problem = ProblemReader.Read(folder.File("a.jsonl"), ProblemFormat.Countdown).Single();
        problem.Numbers.Should().Equal(1, 5, 7);
        (problem.Target, problem.Prompt).Should().Be((11, "numbers 1 5 7 target 11 :"));
    }

    [Fact]
    public void Prompts_may_be_conversations_or_have_no_instruction()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.jsonl"), """{"question":"1 < 2?","answer":"yes\n#### 1,234"}""" + "\n\n");
        TaskProblem chat = ProblemReader.Read(folder.File("a.jsonl"), ProblemFormat.Gsm8k, new() { PromptFormat = PromptFormat.Messages }).Single();
        JsonDocument.Parse(chat.Prompt).RootElement[0].GetProperty("content").GetString().Should().Be("1 < 2?\n" + ProblemReaderOptions.BoxedAnswer);
        chat.Answer.Should().Be("1234");
        ProblemReader.Read(folder.File("a.jsonl"), ProblemFormat.Gsm8k, new() { Instruction = "" }).Single().Prompt.Should().Be("1 < 2?");
    }

    [Theory]
    [InlineData("[1]", ProblemFormat.Math, "*line 2, is no JSON object*")]
    [InlineData("{", ProblemFormat.Math, "*line 2, is no JSON*")]
    [InlineData("""{"problem":"a"}""", ProblemFormat.Math, "*line 2: the field 'answer' is missing*")]
    [InlineData("""{"question":"a","answer":"5"}""", ProblemFormat.Gsm8k, "*line 2: the field 'answer'*####*")]
    [InlineData("""{"nums":[1.5],"target":3}""", ProblemFormat.Countdown, "*line 2: the field 'nums'*whole numbers*")]
    [InlineData("""{"numbers":[1,2]}""", ProblemFormat.Countdown, "*line 2: the field 'target' is missing*")]
    [InlineData("""{"prompt":"a"}""", ProblemFormat.Countdown, "*line 2: the field 'nums' is missing*'target'*'numbers'*'input'*'output'*")]
    public void Bad_lines_are_named(string line, ProblemFormat format, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.jsonl"), "\n" + line + "\n");
        FluentActions.Invoking(() => ProblemReader.Read(folder.File("a.jsonl"), format).ToArray()).Should().Throw<InvalidDataException>().WithMessage(message);
        FluentActions.Invoking(() => ProblemReader.Read(folder.File("b.jsonl"), format)).Should().Throw<FileNotFoundException>();
    }
}
