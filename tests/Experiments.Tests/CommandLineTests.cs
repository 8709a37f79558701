using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace MLNetAttn.Experiments.Tests;

public sealed partial class CommandLineTests
{
    [Theory]
    [InlineData("did you mean coupled?", "run", "x", "--strategies", "copuled")]
    [InlineData("--steps is many, expected a whole number.", "run", "x", "--steps", "many")]
    [InlineData("--fraction is half, expected a number.", "run", "x", "--fraction", "half")]
    [InlineData("--test-problems is 1.5, expected a whole number.", "run", "x", "--test-problems", "1.5")]
    [InlineData("--task is Gsm, expected Gsm8k, ", "run", "x", "--task", "Gsm")]
    [InlineData("--device is gpu, expected cpu, cuda, or cuda:1", "run", "x", "--device", "gpu")]
    [InlineData("--model is empty", "run", "x", "--model", "")]
    [InlineData("There is no file '", "report", "missing")]
    [InlineData("uniform, which the others are compared with, is not among --strategies", "run", "x", "--strategies", "local,global")]
    [InlineData("local, which the others are compared with, is not among", "run", "x", "--strategies", "uniform,global", "--baseline", "local")]
    [InlineData("Seeds '5-x' are not understood", "run", "x", "--seeds", "5-x")]
    [InlineData("Seeds '5-4' are none", "run", "x", "--seeds", "5-4")]
    [InlineData("--workers is 0, expected 1 or more", "run", "x", "--workers", "0")]
    [InlineData("--workers is -1, expected 1 or more", "run", "x", "--workers", "-1")]
    [InlineData("--test-problems is 0, expected 1 or more", "run", "x", "--test-problems", "0")]
    [InlineData("--max-horizon is -5, expected 0 or more", "run", "x", "--max-horizon", "-5")]
    [InlineData("--task, --train and --test go together", "run", "x", "--task", "Gsm8k", "--train", "a.jsonl")]
    [InlineData("--numbers is for problems that are drawn", "run", "x", "--task", "Gsm8k", "--train", "a", "--test", "b", "--numbers", "4")]
    [InlineData("--largest-number is for problems that are drawn", "run", "x", "--task", "Countdown", "--train", "a", "--test", "b", "--largest-number", "9")]
    [InlineData(
        "--countdown-format is for Countdown, and --task is Gsm8k",
        "run", "x", "--task", "Gsm8k", "--train", "a", "--test", "b", "--countdown-format", "TinyZero")]
    [InlineData("--flow-answer is not given", "run", "x", "--task", "Gsm8k", "--train", "a", "--test", "b")]
    [InlineData("--flow-answer is not given", "run", "x", "--countdown-format", "TinyZero", "--strategies", "uniform,flow")]
    [InlineData("There is no strategy 'spread'", "run", "x", "--baseline", "spread")]
    [InlineData("No run has ended yet", "report", "")]
    public async Task Mistakes_are_named(string message, params string[] args)
    {
        using var folder = new TemporaryFolder();
        ExperimentFolder.Write(new ExperimentFolder(folder.Path).SettingsFile, new ExperimentSettings());
        (int code, _, string errors) = await Kit.RunAsync([args[0], folder.File(args[1]), .. args[2..]]);
        code.Should().Be(1);
        errors.Should().Contain(message).And.NotContain("Parameter").And.NotContain("System.");
        errors.Split('\n').Length.Should().BeLessThan(5, "help is longer than a screen");
    }

    [Theory]
    [InlineData("--countdown-format", "TinyZero", "--strategies", "uniform,coupled")]
    [InlineData("--countdown-format", "TinyZero", "--flow-answer", "<answer>(.*)</answer>")]
    [InlineData("--task", "Countdown", "--train", "a", "--test", "b", "--countdown-format", "SearchTrace")]
    public void What_the_default_answer_is_made_for_and_what_has_its_own_is_taken(params string[] options) =>
        CommandLine.Create(Kit.Executable, TextWriter.Null).Parse(["run", "x", .. options]).Errors.Should().BeEmpty();

    [Theory]
    [InlineData("cpu", 1, 8)]
    [InlineData("cpu", 3, 2)]
    [InlineData("cpu", 16, 1)]
    [InlineData("cuda:1", 1, 1)]
    public void Runs_at_a_time_fit_the_machine_where_nothing_is_said(string device, int threads, int expected) =>
        CommandLine.DefaultWorkers(new ExperimentSettings { Device = device, Threads = threads }, cores: 8).Should().Be(expected);

    [Fact]
    public void Commands_of_the_page_are_what_the_kit_takes()
    {
        RootCommand root = CommandLine.Create(Kit.Executable, TextWriter.Null);
        string[] calls =
        [
            .. Call().Matches(Continuation().Replace(File.ReadAllText(Repository.Path("docs", "experiments.md")), " "))
                .Select(call => call.Groups["arguments"].Value),
        ];
        calls.Should().HaveCountGreaterThan(15);
        calls.SelectMany(call => root.Parse([.. CommandLineParser.SplitCommandLine(call)]).Errors.Select(error => $"{call}: {error.Message}"))
            .Should().BeEmpty();
    }

    [GeneratedRegex(@"(^|`)(Experiments|dotnet run .*examples/Experiments --) (?<arguments>(run|report) [^`\n]*)", RegexOptions.Multiline)]
    private static partial Regex Call();

    [GeneratedRegex(@"\\\r?\n\s*")]
    private static partial Regex Continuation();
}
