using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace MLNetAttn.Experiments.Tests;

public sealed partial class CommandLineTests
{
    [Theory]
    [InlineData("There is no strategy 'couple'", "run", "x", "--strategies", "couple")]
    [InlineData("Seeds '5-x' are not understood", "run", "x", "--seeds", "5-x")]
    [InlineData("Seeds '5-4' are none", "run", "x", "--seeds", "5-4")]
    [InlineData("--workers is 0, expected 1 or more", "run", "x", "--workers", "0")]
    [InlineData("--workers is -1, expected 1 or more", "run", "x", "--workers", "-1")]
    [InlineData("--test-problems is 0, expected 1 or more", "run", "x", "--test-problems", "0")]
    [InlineData("--max-horizon is -5, expected 0 or more", "run", "x", "--max-horizon", "-5")]
    [InlineData("--task, --train and --test go together", "run", "x", "--task", "Gsm8k", "--train", "a.jsonl")]
    [InlineData("There is no strategy 'spread'", "run", "x", "--baseline", "spread")]
    [InlineData("No run has ended yet", "report", "")]
    public async Task Mistakes_are_named(string message, params string[] args)
    {
        using var folder = new TemporaryFolder();
        ExperimentFolder.Write(new ExperimentFolder(folder.Path).SettingsFile, new ExperimentSettings());
        (int code, _, string errors) = await Kit.RunAsync([args[0], folder.File(args[1]), .. args[2..]]);
        code.Should().Be(1);
        errors.Should().Contain(message);
    }

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
