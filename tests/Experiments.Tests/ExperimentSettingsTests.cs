namespace MLNetAttn.Experiments.Tests;

public sealed class ExperimentSettingsTests
{
    private readonly ExperimentSettings _settings = new();

    [Fact]
    public void What_changes_no_result_is_no_difference()
    {
        ExperimentSettings other = _settings with { SamplingBatchSize = 8, CheckpointEvery = 1, ActivationCheckpointing = true, Seeds = "9" };
        _settings.DifferencesFrom(other, comparePaths: true)
            .Should().BeEmpty();
        _settings.DifferencesFrom(_settings with { Threads = 2, Device = "cuda", Steps = 7, GradientAccumulationSteps = 2 }, comparePaths: true)
            .Should().BeEquivalentTo("--threads 1", "--device cpu", "--steps 60", "--gradient-accumulation 1");
    }

    [Theory]
    [InlineData("copuled", "did you mean coupled?")]
    [InlineData("uniform,,local", "There is no strategy ''")]
    public void A_strategy_that_is_none_is_told_with_the_one_that_was_meant(string strategies, string message) =>
        FluentActions.Invoking((_settings with { Strategies = strategies }).Arms).Should().Throw<ArgumentException>().WithMessage($"*{message}*");

    [Fact]
    public void Strategies_may_have_spaces_between_and_capitals() =>
        (_settings with { Strategies = "Uniform, coupled,uniform" }).Arms().Select(arm => arm.Name).Should().Equal("uniform", "coupled");

    [Fact]
    public void Paths_are_differences_where_no_fingerprint_covers_them()
    {
        ExperimentSettings moved = _settings with { Model = "/b", TrainFile = "/c", TestFile = "/d" };
        _settings.DifferencesFrom(moved, comparePaths: false).Should().BeEmpty();
        _settings.DifferencesFrom(moved, comparePaths: true).Should().Equal("no --model", "no --train", "no --test");
    }
}
