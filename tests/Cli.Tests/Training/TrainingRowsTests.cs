using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli.Tests;

public sealed class TrainingRowsTests
{
    private readonly MLContext _context = new();

    [Fact]
    public void Problems_of_a_file_have_prompts_and_answers()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("math.jsonl"), "{\"problem\": \"1 + 1?\", \"answer\": \"2\"}\n");
        var prompts = new PromptConfig<CountdownPrompts> { File = folder.File("math.jsonl"), Instruction = "Think." };
        TrainingRows text = TrainingRows.Problems(_context, TrainTask.Math, prompts, PromptFormat.Text);
        text.Titles.Should().Equal("1 + 1?");
        text.View.GetColumn<string>("Prompt").Should().Equal("1 + 1?\nThink.");
        text.View.GetColumn<string>("Answer").Should().Equal("2");
        TrainingRows.Problems(_context, TrainTask.Math, prompts, PromptFormat.Messages).View
            .GetColumn<string>("Prompt")
            .Should().Equal("""[{"role":"user","content":"1 + 1?\nThink."}]""");
    }

    [Fact]
    public void A_file_of_another_format_than_the_tasks_says_how_it_was_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("gsm8k.jsonl"), "{\"question\": \"1 + 1?\", \"answer\": \"so\\n#### 2\"}\n");
        var prompts = new PromptConfig<CountdownPrompts> { File = folder.File("gsm8k.jsonl") };
        FluentActions.Invoking(() => TrainingRows.Problems(_context, TrainTask.Math, prompts, PromptFormat.Text))
            .Should().Throw<InvalidDataException>().WithMessage("*'problem'*The file is read as math, since its \"format\" is not given: gsm8k, math*");
        TrainingRows.Problems(_context, TrainTask.Math, prompts with { Format = ProblemFormat.Gsm8k }, PromptFormat.Text)
            .View.GetColumn<string>("Answer").Should().Equal("2");
    }

    [Fact]
    public void Responses_of_a_file_answer_texts_or_conversations()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("rows.jsonl");
        File.WriteAllText(file, "{\"prompt\": \"1 + 1?\", \"response\": \"2\"}\n");
        TrainingRows text = TrainingRows.Responses(_context, file, new SupervisedFineTuningOptions());
        text.Titles.Should().Equal("1 + 1?");
        text.View.Schema.Select(column => column.Name).Should().Equal("Prompt", "Response");
        text.View.GetColumn<string>("Response").Should().Equal("2");

        File.WriteAllText(file, """
            {"prompt": [{"role": "system", "content": "Add."}, {"role": "user", "content": "1 + 1?"}], "response": "2"}
            {"prompt": {"messages": [{"role": "user", "content": "1 + 2?"}], "enable_thinking": false}, "response": "3"}
            """);
        var messages = new SupervisedFineTuningOptions { PromptFormat = PromptFormat.Messages };
        TrainingRows chat = TrainingRows.Responses(_context, file, messages);
        chat.Titles.Should().Equal("1 + 1?", "1 + 2?");
        chat.View.GetColumn<string>("Prompt").Should().Equal(
            """[{"role":"system","content":"Add."},{"role":"user","content":"1 + 1?"}]""",
            """{"messages":[{"role":"user","content":"1 + 2?"}],"enable_thinking":false}""");
        Refused("*rows.jsonl', line 1: 'prompt' is not text, but messages: set options.prompt_format to messages*", new SupervisedFineTuningOptions());
        File.WriteAllText(file, """{"messages": [{"role": "user", "content": "1 + 1?"}, {"role": "assistant", "content": "2"}]}""");
        foreach (SupervisedFineTuningOptions options in new[] { new SupervisedFineTuningOptions(), messages })
            Refused("*line 1: The row has 'messages' and no 'prompt', expected as 'prompt' the messages before the response*", options);
        void Refused(string message, SupervisedFineTuningOptions options) =>
            FluentActions.Invoking(() => TrainingRows.Responses(_context, file, options)).Should().Throw<InvalidDataException>().WithMessage(message);

        File.WriteAllText(file, "{\"prompt\": \"1 + 1?\", \"response\": \"2\"}\n");
        FluentActions.Invoking(() => TrainingRows.Responses(_context, file, messages))
            .Should().Throw<InvalidDataException>().WithMessage("*rows.jsonl', line 1: 'prompt' is not an array of messages, or an object*");
    }

    [Fact]
    public void Drawn_problems_are_those_of_Countdown()
    {
        var prompts = new PromptConfig<HeldOutCountdown> { Countdown = new HeldOutCountdown { Count = 5, Seed = 3 } };
        TrainingRows rows = TrainingRows.Problems(_context, TrainTask.Countdown, prompts, PromptFormat.Text);
        IReadOnlyList<CountdownProblem> drawn = Countdown.Generate(5, seed: 3, split: CountdownSplit.Test);
        rows.View.GetColumn<string>("Prompt").Should().Equal(drawn.Select(problem => problem.Prompt));
        rows.View.GetColumn<int>("Target").Should().Equal(drawn.Select(problem => problem.Target));
        string message = TrainingRows.Problems(_context, TrainTask.Countdown, prompts, PromptFormat.Messages).View.GetColumn<string>("Prompt").First();
        message.Should().Be($$"""[{"role":"user","content":"{{drawn[0].Prompt}}"}]""");
    }
}
