using System.Text.RegularExpressions;
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
    public void The_first_line_says_where_a_run_goes_on()
    {
        using var output = new StringWriter();
        var lines = new TrainingLines(output, every: 10, _folder);
        foreach (int step in new[] { 46, 47 })
            lines.Report(new TrainingProgress(step, 60, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9), new Dictionary<string, double> { ["reward"] = 0.5 }));
        output.ToString().Trim().Should().Be("step 46/60: reward 0.5; 9 s left");
    }

    [Fact]
    public void A_terminal_gets_metrics_curve_and_the_last_response()
    {
        File.WriteAllText(_folder.In("samples.jsonl"), "{\"step\":2,\"prompt\":\"a [bad] question\",\"reward\":0.25,\"response\":\"[red] herring\"}\n");
        string screen = Show(isTerminal: true, every: 10, steps: 3, step =>
        [
            ("reward", step / 4.0),
            ("entropy", double.NaN),
            .. step == 2 ? [("eval_reward", 0.125), ("eval_best_step", 2)] : Array.Empty<(string, double)>(),
        ]);
        screen.Should()
            .Contain("Step 3 of 3")
            .And.Contain("▁▅█")
            .And.Contain("0.75")
            .And.Contain("entropy")
            .And.Contain("of step 2, reward 0.25, to a [bad] question")
            .And.Contain("[red] herring", "a response is no markup")
            .And.Contain("careful");
        screen[screen.LastIndexOf("Step 3 of 3", StringComparison.Ordinal)..].Should().Contain("0.125 after step 2", "the last evaluation stays to be seen");
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void All_warnings_can_be_read_in_the_end_each_once(bool isTerminal)
    {
        using var output = new StringWriter();
        FluentActions.Invoking(() => TrainingView.Show<bool>(new Streams(TextReader.Null, TextWriter.Null, output, isTerminal), _folder, 10, () => { }, view =>
        {
            for (int i = 0; i < 10; i++) view.Warn($"warning {i % 5}");
            if (isTerminal) output.ToString().Should().Contain("2 earlier warnings are in warnings.txt");
            view.Stop();
            output.ToString().Should().Contain("Stopping after this step");
            throw new InvalidOperationException("it failed");
        })).Should().Throw<InvalidOperationException>().WithMessage("it failed");
        output.ToString().ReplaceLineEndings("\n").Should().EndWith(
            isTerminal
                ? "warning 0\nwarning 1\nwarning 2\nwarning 3\nwarning 4\n"
                : "warning 4\nStopping after this step, and saving the policy. Ctrl-C again ends at once, without saving.\n");
        File.ReadAllLines(_folder.Warnings).Should().HaveCount(5);
    }

    [Fact]
    public void The_curve_of_a_run_that_goes_on_begins_where_the_run_did()
    {
        File.WriteAllText(_folder.In("metrics.jsonl"), """
            {"step":1,"reward":0.1}
            {"step":2,"reward":0.5,"eval_reward":0.75,"eval_best_step":2}
            {"step":3,"reward":0.9}

            """);
        using var output = new StringWriter();
        TrainingView.Show(new Streams(TextReader.Null, TextWriter.Null, output, IsTerminal: true), _folder, 10, () => { }, view =>
        {
            view.Report(new TrainingProgress(3, 4, TimeSpan.FromSeconds(3), Remaining: null, new Dictionary<string, double> { ["reward"] = 0.9 }));
            return view.Course.Best.Should().Be(new RunCourse.Evaluated(2, 0.75));
        });
        output.ToString().Should().Contain("▁▅█").And.Contain("0.75 after step 2");
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
        // Colours are the terminal's matter.
        return Regex.Replace(output.ToString(), @"\e\[[0-9;]*m", "");
    }
}
