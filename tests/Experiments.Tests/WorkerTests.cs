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
        errors.Should().Contain(message);
        File.Exists(new ExperimentFolder(folder.Path).SettingsFile).Should().BeFalse("the folder can be begun with better ones");
        Directory.EnumerateDirectories(folder.Path).Should().BeEmpty();
    }

    [Theory]
    [InlineData("--bf16", "--lora-rank", "4", "--gradient-accumulation", "2", "--activation-checkpointing", "--sampling-batch", "4")]
    [InlineData("--dtype", "bfloat16", "--lora-rank", "4")]
    public async Task What_a_large_model_needs_trains(params string[] settings)
    {
        using var folder = new TemporaryFolder();
        (int code, string output, string errors) = await Kit.RunAsync(["run", folder.Path, "--strategies", "coupled", "--seeds", "1", "--steps", "1", .. settings, .. Kit.Tiny]);
        code.Should().Be(0, errors + output);
        string options = await File.ReadAllTextAsync(Path.Combine(new ExperimentFolder(folder.Path).Run("coupled", 1).Path, "run.json"), TestContext.Current.CancellationToken);
        options.Should().Contain("\"Rank\": 4").And.Contain("\"Alpha\": 8").And.Contain("all-linear").And.Contain($"\"Bf16\": {(settings[0] == "--bf16" ? "true" : "false")}");
    }
}
