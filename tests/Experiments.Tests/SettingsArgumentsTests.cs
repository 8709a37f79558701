using System.CommandLine;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments.Tests;

public sealed class SettingsArgumentsTests
{
    [Theory]
    [InlineData(512)]
    [InlineData(7, "--test-problems", "7")]
    [InlineData(null, "--task", "Gsm8k", "--train", "a", "--test", "b")]
    [InlineData(7, "--task", "Gsm8k", "--train", "a", "--test", "b", "--test-problems", "7")]
    public void All_problems_of_a_test_file_are_held_out_where_nothing_limits_them(int? expected, params string[] options)
    {
        using var folder = new TemporaryFolder();
        Read(folder.Path, options).TestProblems.Should().Be(expected);
    }

    [Fact]
    public void What_is_not_given_is_as_the_folder_was_begun()
    {
        using var folder = new TemporaryFolder();
        Read(folder.Path).Should().Be(new ExperimentSettings());
        ExperimentSettings begun = new()
        {
            Steps = 7,
            Model = "/a",
            Bf16 = true,
            MaximumHorizon = null,
            Task = ProblemFormat.Gsm8k,
            TestProblems = 5,
            TrainFile = "/b",
            TestFile = "/c",
            FlowAnswer = "boxed",
            Seeds = "3",
            Strategies = "uniform,flow",
        };
        ExperimentFolder.Write(new ExperimentFolder(folder.Path).SettingsFile, begun);
        Read(folder.Path).Should().Be(begun);
        Read(folder.Path, "--steps", "8", "--max-horizon", "9", "--bf16", "false")
            .Should().Be(begun with { Steps = 8, MaximumHorizon = 9, Bf16 = false });
        Read(folder.Path, "--max-horizon", "0", "--task", "Gsm8k").Should().Be(begun);
    }

    [Fact]
    public void Settings_of_an_experiment_of_an_earlier_version_are_read()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Repository.Path("docs", "experiments", "main-experiment.json"), new ExperimentFolder(folder.Path).SettingsFile);
        Read(folder.Path).Should().Be(new ExperimentSettings { Steps = 30 });
    }

    [Theory]
    [InlineData("MiniBatches is 2 with GradientAccumulationSteps 3", true, "--mini-batches is 2 with --gradient-accumulation 3")]
    [InlineData("Lora.Rank is 0, or Rhythm.MaximumHorizon null for an open end", true, "--lora-rank is 0, or --max-horizon 0 for an open end")]
    [InlineData("Steps of Window are words, MaxNewTokens is none", false, "Steps of Window are words, --max-new-tokens is none")]
    [InlineData("Steps is 0", true, "--steps is 0")]
    public void What_the_library_says_is_said_in_options(string message, bool isViolation, string expected) =>
        SettingsArguments.InOptions(message, isViolation).Should().Be(expected);

    private static ExperimentSettings Read(string path, params string[] options)
    {
        Argument<string> folder = new("folder");
        var settings = new SettingsArguments(folder);
        Command command = new("run") { folder };
        settings.AddTo(command);
        return settings.Read(command.Parse([path, .. options]).CommandResult);
    }
}
