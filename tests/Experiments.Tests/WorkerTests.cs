namespace MLNetAttn.Experiments.Tests;

public sealed class WorkerTests
{
    [Theory]
    [InlineData("--generations is 1", "--generations", "1", "--fraction", "7")]
    [InlineData("trainers update float32 weights", "--dtype", "bfloat16")]
    [InlineData("--lora-rank is 0", "--lora-rank", "0")]
    [InlineData("--sampling-batch is 0", "--sampling-batch", "0")]
    [InlineData("with --gradient-accumulation 3", "--gradient-accumulation", "3")]
    [InlineData("0 for an open end", "--min-horizon", "10", "--max-horizon", "5")]
    [InlineData("-p:TorchBackend=cuda-linux", "--device", "cuda:1")]
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
            .Should().Contain("Warning: ").And.Contain("--max-new-tokens");
        output.Should().Contain("Warning, see ").And.Contain("- 1 run, uniform-1/log.txt: ");
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
        string problems = Problems(folder, target: 11), empty = folder.File("empty.jsonl");
        string[] Command(string train) =>
        [
            "run", folder.File("a"), "--strategies", "uniform", "--seeds", "1", "--steps", "1",
            "--task", "Countdown", "--train", train, "--test", Problems(folder, target: 10, "held-out.jsonl"), .. Kit.Tiny,
        ];
        (int code, _, string errors) = await Kit.RunAsync(Command(folder.File("mistyped.jsonl")));
        code.Should().Be(1);
        errors.Should().Contain("mistyped.jsonl");
        await File.WriteAllTextAsync(empty, "", TestContext.Current.CancellationToken);
        (code, _, errors) = await Kit.RunAsync(Command(empty));
        code.Should().Be(1);
        errors.Should().Contain("empty.jsonl' has no problem");
        (code, _, errors) = await Kit.RunAsync(Command(Problems(folder, target: 10, "copy.jsonl")));
        code.Should().Be(1);
        errors.Should().Contain("--train and --test have the same content");
        (code, _, errors) = await Kit.RunAsync(Command(problems));
        code.Should().Be(0, errors);
    }

    [Fact]
    public async Task Data_that_has_changed_and_a_model_that_is_not_there_end_a_campaign_once_and_change_nothing()
    {
        using var folder = new TemporaryFolder();
        string problems = Problems(folder, target: 11), heldOut = Problems(folder, target: 10, "held-out.jsonl");
        string[] Command(string seeds) =>
        [
            "run", folder.File("a"), "--strategies", "uniform", "--seeds", seeds, "--steps", "1",
            "--task", "Countdown", "--train", problems, "--test", heldOut, .. Kit.Tiny,
        ];
        (await Kit.RunAsync(Command("1"))).Code.Should().Be(0);
        var experiment = new ExperimentFolder(folder.File("a"));
        string settings = await File.ReadAllTextAsync(experiment.SettingsFile, TestContext.Current.CancellationToken);
        (Problems(folder, target: 12), Problems(folder, target: 13, "held-out.jsonl")).Should().Be((problems, heldOut));
        (int code, _, string errors) = await Kit.RunAsync(Command("1-2"));
        code.Should().Be(1);
        errors.Should().Contain("No run can begin").And.Contain("has changed since: the training file, the test file.");
        (code, _, errors) = await Kit.RunAsync(["run", folder.File("a"), "--seeds", "2", "--model", folder.File("mistyped")]);
        code.Should().Be(1);
        errors.Should().Contain("No run can begin").And.Contain("mistyped");
        (await File.ReadAllTextAsync(experiment.SettingsFile, TestContext.Current.CancellationToken))
            .Should().Be(settings, "the runs that have ended were of these");
        experiment.Runs().Should().ContainSingle();
        File.Exists(experiment.ProposedFile).Should().BeFalse();
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("adapter_model.safetensors", "--lora-rank", "4")]
    public async Task A_policy_stays_where_that_is_wanted(string file, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var experiment = new ExperimentFolder(folder.Path);
        string[] run = ["run", folder.Path, "--strategies", "uniform", "--steps", "1", .. options, .. Kit.Tiny];
        (await Kit.RunAsync([.. run, "--seeds", "1"])).Code.Should().Be(0);
        (int code, string output, string errors) = await Kit.RunAsync([.. run, "--seeds", "2", "--keep-policies"]);
        code.Should().Be(0, errors + output);
        Directory.Exists(experiment.Run("uniform", 1).PolicyFolder).Should().BeFalse();
        File.Exists(Path.Combine(experiment.Run("uniform", 2).PolicyFolder, file)).Should().BeTrue();
    }

    private static string Problems(TemporaryFolder folder, int target, string name = "problems.jsonl")
    {
        string file = folder.File(name);
        File.WriteAllText(file, $$"""{"nums": [1, 5, 7], "target": {{target}}}""");
        return file;
    }
}
