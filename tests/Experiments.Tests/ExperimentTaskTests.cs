using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Experiments.Tests;

public sealed class ExperimentTaskTests
{
    private readonly MLContext _context = new();

    [Fact]
    public void Drawn_problems_are_the_same_for_a_seed_and_held_out_ones_for_all()
    {
        var task = new ExperimentTask(_context, new ExperimentSettings { TestProblems = 40 });
        string[] first = Prompts(task.Train(1)), again = Prompts(task.Train(1)), other = Prompts(task.Train(2)), heldOut = Prompts(task.Test());
        again.Should().Equal(first);
        other.Should().NotEqual(first);
        heldOut.Should().HaveCount(40);
        heldOut.Should().NotIntersectWith(first);
    }

    [Fact]
    public void TinyZero_asks_in_English_and_judges_answers_in_tags()
    {
        var task = new ExperimentTask(
            _context, new ExperimentSettings { CountdownFormat = CountdownFormat.TinyZero, Numbers = 4, LargestNumber = 99, TestProblems = 5 });
        CountdownProblem[] problems = [.. _context.Data.CreateEnumerable<CountdownProblem>(task.Test(), reuseRowObject: false)];
        problems.Should().OnlyContain(problem =>
            problem.Prompt.StartsWith("Using the numbers [")
            && problem.Target >= 10 && problem.Target <= 100
            && problem.Numbers.Length == 4);
        IDataView answered = _context.Data.LoadFromEnumerable(problems.Select(problem => new
        {
            problem.Numbers,
            problem.Target,
            Response = $"<think>so</think> <answer>{problem.Solution}</answer>",
        }));
        task.Reward.Fit(answered).Transform(answered).GetColumn<float>("Reward").Should().Equal(1, 1, 1, 1, 1);
    }

    [Fact]
    public void Problems_of_files_are_asked_as_they_are_or_through_the_chat_template()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("problems.jsonl"), ["""{"nums": [1, 5, 7], "target": 11}""", """{"nums": [2, 3, 9], "target": 14}"""]);
        var settings = new ExperimentSettings
        {
            Task = ProblemFormat.Countdown,
            TrainFile = folder.File("problems.jsonl"),
            TestFile = folder.File("problems.jsonl"),
            TestProblems = 1,
        };

        Prompts(new ExperimentTask(_context, settings).Train(1)).Should().Equal("numbers 1 5 7 target 11 :", "numbers 2 3 9 target 14 :");
        var chat = new ExperimentTask(_context, settings with { Chat = true });
        Prompts(new ExperimentTask(_context, settings with { TestProblems = null }).Test()).Should().HaveCount(2, "nothing limits them");
        chat.PromptFormat.Should().Be(PromptFormat.Messages);
        Prompts(chat.Test()).Should().Equal("""[{"role":"user","content":"numbers 1 5 7 target 11 :"}]""");
    }

    private static string[] Prompts(IDataView problems) => [.. problems.GetColumn<string>("Prompt")];
}
