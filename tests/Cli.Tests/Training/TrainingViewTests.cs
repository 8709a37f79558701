using MLNetAttn.Estimators;

namespace MLNetAttn.Cli.Tests;

public sealed class TrainingViewTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly RunFolder _folder;

    public TrainingViewTests() => _folder = RunFolder.Open(_temporary.Path, resume: false);

    public void Dispose()
    {
        _folder.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void Lines_come_every_few_steps_and_with_evaluations()
    {
        string[] lines = Show(
            isTerminal: false, every: 10, steps: 25,
            step => step == 7 ? [("reward", 0.5), ("eval_reward", 0.25)] : [("reward", 0.5), ("time/sample", 3)])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Select(line => line.Split(':')[0]).Should().Equal("step 1/25", "step 7/25", "step 10/25", "step 20/25", "step 25/25");
        lines[1].Should().Be("step 7/25: reward 0.5, eval_reward 0.25; 1 min 30 s left");
    }

    [Fact]
    public void A_terminal_gets_metrics_curve_and_the_last_response()
    {
        File.WriteAllText(_folder.In("samples.jsonl"), "{\"step\":2,\"response\":\"[red] herring\"}\n");
        string screen = Show(isTerminal: true, every: 10, steps: 3, step =>
        [
            ("reward", step / 4.0),
            ("entropy", double.NaN),
            .. step == 2 ? [("eval_reward", 0.125)] : Array.Empty<(string, double)>(),
        ]);
        screen.Should()
            .Contain("Step 3 of 3")
            .And.Contain("▁▅█")
            .And.Contain("0.75")
            .And.Contain("entropy")
            .And.Contain("[red] herring", "a response is no markup")
            .And.Contain("careful");
        screen[screen.LastIndexOf("Step 3 of 3", StringComparison.Ordinal)..].Should().Contain("0.125", "the last evaluation stays to be seen");
    }

    [Fact]
    public void A_terminal_shows_that_it_has_begun_and_what_is_told_last()
    {
        using var output = new StringWriter();
        TrainingView.Show(new Streams(TextReader.Null, TextWriter.Null, output, IsTerminal: true), _folder, 10, () => { }, view =>
        {
            output.ToString().Should().Contain("The first step");
            view.Report(new TrainingProgress(1, 2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), new Dictionary<string, double> { ["loss"] = 0.5 }));
            view.Warn("cancelled after 1 of 2");
            output.ToString().Should().Contain("cancelled after 1 of 2");
            return true;
        });
    }

    [Theory]
    [InlineData(false, "step 0/2: eval_reward 0.25\n")]
    [InlineData(true, "Step 0 of 2, 3 s gone\n")]
    public void What_the_start_of_training_was_worth_is_shown(bool isTerminal, string expected)
    {
        using var output = new StringWriter();
        TrainingView.Show(new Streams(TextReader.Null, TextWriter.Null, output, isTerminal), _folder, 10, () => { }, view =>
        {
            view.Report(new TrainingProgress(0, 2, TimeSpan.FromSeconds(3), Remaining: null, new Dictionary<string, double> { ["eval_reward"] = 0.25 }));
            return true;
        });
        System.Text.RegularExpressions.Regex
            .Replace(output.ToString().Replace("\r", "", StringComparison.Ordinal), "\e\\[[0-9;]*m| +(?=\n)", "")
            .Should().Contain(expected);
    }

    private string Show(bool isTerminal, int every, int steps, Func<int, (string Name, double Value)[]> metrics)
    {
        using var output = new StringWriter();
        int started = 0;
        TrainingView.Show(new Streams(TextReader.Null, TextWriter.Null, output, isTerminal), _folder, every, () => started++, view =>
        {
            if (isTerminal) view.Warn("be careful");
            for (int step = 1; step <= steps; step++)
                view.Report(new TrainingProgress(
                    step, steps, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(90),
                    metrics(step).ToDictionary(metric => metric.Name, metric => metric.Value)));
            view.Last!.Step.Should().Be(steps);
            return true;
        }).Should().BeTrue();
        started.Should().Be(1);
        return output.ToString();
    }
}
