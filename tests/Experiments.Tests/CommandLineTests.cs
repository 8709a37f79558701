namespace MLNetAttn.Experiments.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("There is no strategy 'couple'", "run", "x", "--strategies", "couple")]
    [InlineData("Seeds '5-x' are not understood", "run", "x", "--seeds", "5-x")]
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
