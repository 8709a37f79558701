namespace MLNetAttn.Experiments.Tests;

public sealed class RunFolderTests
{
    [Theory]
    [InlineData("1 2 3", true)]
    [InlineData("1 2", false)]
    [InlineData("1 3", false)]
    [InlineData("1 2 2 3", false)]
    public void Metrics_of_a_run_must_have_each_step_once(string steps, bool whole)
    {
        using var folder = new TemporaryFolder();
        RunFolder run = new ExperimentFolder(folder.Path).Run("uniform", 1);
        Directory.CreateDirectory(run.Path);
        File.WriteAllLines(run.MetricsFile, steps.Split(' ').Select(step => $$"""{"step":{{step}},"reward":null}"""));
        Action require = () => run.RequireMetrics(3, "reward")["reward"].Should().Equal((1, double.NaN), (2, double.NaN), (3, double.NaN));
        if (whole) require.Should().NotThrow();
        else require.Should().Throw<InvalidDataException>().WithMessage("'*metrics.jsonl' does not have each of the 3 steps once*Remove '*', and*");
    }

    [Fact]
    public void Every_process_of_a_run_is_kept()
    {
        using var folder = new TemporaryFolder();
        RunFolder run = new ExperimentFolder(folder.Path).Run("uniform", 1);
        Directory.CreateDirectory(run.Path);
        RunProcess first = new(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), "1.0+a", "Linux"), second = first with { Library = "1.0+b" };
        run.Begin(first).Should().Equal(first);
        run.Begin(second).Should().Equal(first, second);
    }
}
