namespace MLNetAttn.Experiments.Tests;

public sealed class CommandLineTests
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
    [InlineData("No run has ended yet", "report", "")]
    public async Task Mistakes_are_named(string message, params string[] args)
    {
        using var folder = new TemporaryFolder();
        ExperimentFolder.Write(new ExperimentFolder(folder.Path).SettingsFile, new ExperimentSettings());
        (int code, _, string errors) = await Kit.RunAsync([args[0], folder.File(args[1]), .. args[2..]]);
        code.Should().Be(1);
        errors.Should().Contain(message);
    }
}
