namespace MLNetAttn.Experiments.Tests;

public sealed class WorkerTests
{
    [Theory]
    [InlineData("Generations is 1", "--generations", "1", "--fraction", "7")]
    [InlineData("trainers update float32 weights", "--dtype", "bfloat16")]
    [InlineData("Lora.Rank is 0", "--lora-rank", "0")]
    [InlineData("SamplingBatchSize is 0", "--sampling-batch", "0")]
    [InlineData("divides the 256 responses", "--gradient-accumulation", "3")]
    public async Task What_training_would_refuse_is_said_before_any_run(string message, params string[] settings)
    {
        using var folder = new TemporaryFolder();
        (int code, _, string errors) = await Kit.RunAsync(["run", folder.Path, .. settings]);
        code.Should().Be(1);
        errors.Should().Contain(message).And.NotContain("Exception");
        File.Exists(new ExperimentFolder(folder.Path).SettingsFile).Should().BeFalse("the folder can be begun with better ones");
        Directory.EnumerateDirectories(folder.Path).Should().BeEmpty();
    }

    [Theory]
    [InlineData("--bf16", "--lora-rank", "4", "--gradient-accumulation", "2", "--activation-checkpointing", "--sampling-batch", "4")]
    [InlineData("--dtype", "bfloat16", "--lora-rank", "4")]
    public async Task What_a_large_model_needs_trains(params string[] settings)
    {
        using var folder = new TemporaryFolder();
        (int code, string output, string errors) = await Kit.RunAsync(
            ["run", folder.Path, "--strategies", "coupled", "--seeds", "1", "--steps", "1", .. settings, .. Kit.Tiny]);
        code.Should().Be(0, errors + output);
        string options = await File.ReadAllTextAsync(
            Path.Combine(new ExperimentFolder(folder.Path).Run("coupled", 1).Path, "run.json"), TestContext.Current.CancellationToken);
        options.Should().Contain("\"Rank\": 4").And.Contain("\"Alpha\": 8").And.Contain("all-linear")
            .And.Contain($"\"Bf16\": {(settings[0] == "--bf16" ? "true" : "false")}");
    }

    [Fact]
    public async Task What_the_trainer_warns_of_is_in_the_log()
    {
        using var folder = new TemporaryFolder();
        (int code, string output, string errors) = await Kit.RunAsync(
        [
            "run", folder.Path, "--strategies", "uniform", "--seeds", "1", "--steps", "1", "--max-new-tokens", "1",
            "--prompts", "2", "--generations", "4", "--mini-batches", "1", "--test-problems", "4", "--evaluation-samples", "2",
        ]);
        code.Should().Be(0, errors + output);
        (await File.ReadAllTextAsync(new ExperimentFolder(folder.Path).Run("uniform", 1).LogFile, TestContext.Current.CancellationToken))
            .Should().Contain("Warning: ").And.Contain("MaxNewTokens");
    }

    [Fact]
    public async Task A_program_that_dotnet_was_given_does_its_runs_too()
    {
        using var folder = new TemporaryFolder();
        (int code, string output, string errors) = await Kit.RunAsAsync(
            "dotnet", ["run", folder.Path, "--strategies", "uniform", "--seeds", "1", "--steps", "1", .. Kit.Tiny]);
        code.Should().Be(0, errors + output);
    }

    [Fact]
    public async Task Training_data_that_is_not_there_is_said_before_any_run_and_the_corrected_command_is_taken()
    {
        using var folder = new TemporaryFolder();
        string problems = Problems(folder, target: 11);
        string[] Command(string train) =>
        [
            "run", folder.File("a"), "--strategies", "uniform", "--seeds", "1", "--steps", "1",
            "--task", "Countdown", "--train", train, "--test", problems, .. Kit.Tiny,
        ];
        (int code, _, string errors) = await Kit.RunAsync(Command(folder.File("mistyped.jsonl")));
        code.Should().Be(1);
        errors.Should().Contain("mistyped.jsonl");
        (code, _, errors) = await Kit.RunAsync(Command(problems));
        code.Should().Be(0, errors);
    }

    [Fact]
    public async Task A_run_refuses_data_that_has_changed_since_the_folder_was_begun()
    {
        using var folder = new TemporaryFolder();
        string problems = Problems(folder, target: 11);
        string[] Command(string seeds) =>
        [
            "run", folder.File("a"), "--strategies", "uniform", "--seeds", seeds, "--steps", "1",
            "--task", "Countdown", "--train", problems, "--test", problems, .. Kit.Tiny,
        ];
        (await Kit.RunAsync(Command("1"))).Code.Should().Be(0);
        Problems(folder, target: 12);
        (int code, _, _) = await Kit.RunAsync(Command("1-2"));
        code.Should().Be(2);
        var experiment = new ExperimentFolder(folder.File("a"));
        (await File.ReadAllTextAsync(experiment.Run("uniform", 2).LogFile, TestContext.Current.CancellationToken))
            .Should().Contain("has changed since: the training file, the test file.");
        experiment.Results().Should().ContainSingle();
    }

    private static string Problems(TemporaryFolder folder, int target)
    {
        string file = folder.File("problems.jsonl");
        File.WriteAllText(file, $$"""{"nums": [1, 5, 7], "target": {{target}}}""");
        return file;
    }
}
