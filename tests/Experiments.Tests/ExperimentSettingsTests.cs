namespace MLNetAttn.Experiments.Tests;

public sealed class ExperimentSettingsTests
{
    private readonly ExperimentSettings _settings = new();

    [Fact]
    public void What_changes_no_result_is_no_difference()
    {
        _settings.DifferencesFrom(_settings with { SamplingBatchSize = 8, CheckpointEvery = 1, ActivationCheckpointing = true }, comparePaths: true)
            .Should().BeEmpty();
        _settings.DifferencesFrom(_settings with { Threads = 2, Device = "cuda", Steps = 7, GradientAccumulationSteps = 2 }, comparePaths: true)
            .Should().BeEquivalentTo("Threads 1", "Device cpu", "Steps 60", "GradientAccumulationSteps 1");
    }

    [Fact]
    public void Paths_are_differences_where_no_fingerprint_covers_them()
    {
        ExperimentSettings moved = _settings with { Model = "/b", TrainFile = "/c", TestFile = "/d" };
        _settings.DifferencesFrom(moved, comparePaths: false).Should().BeEmpty();
        _settings.DifferencesFrom(moved, comparePaths: true).Should().Equal("Model none", "TrainFile none", "TestFile none");
    }
}
