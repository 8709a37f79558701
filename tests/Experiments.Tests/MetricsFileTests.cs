using MLNetAttn.Estimators;

namespace MLNetAttn.Experiments.Tests;

public sealed class MetricsFileTests
{
    [Fact]
    public void Steps_after_the_checkpoint_are_replaced_and_half_a_line_is_dropped()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("metrics.jsonl");
        using (var file = new MetricsFile(path))
            for (int step = 1; step <= 3; step++) file.Report(Progress(step, reward: step));
        File.AppendAllText(path, """{"reward":4,"st""");

        using (var file = new MetricsFile(path))
        {
            file.Steps.Should().HaveCount(3);
            file.Report(Progress(3, reward: double.NaN));
            file.Steps.Select(step => step["reward"]).Should().Equal(1, 2, double.NaN);
        }
        MetricsFile.Read(path).Select(step => (step["step"], step["reward"])).Should().Equal((1, 1), (2, 2), (3, double.NaN));
    }

    [Fact]
    public void A_run_that_was_cut_after_its_last_step_keeps_what_it_measured()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("metrics.jsonl");
        using (var file = new MetricsFile(path)) file.Report(Progress(1, reward: 0.5));
        using (var file = new MetricsFile(path)) file.Steps.Should().ContainSingle();
        MetricsFile.Read(path).Should().ContainSingle();
        MetricsFile.Read(folder.File("none")).Should().BeEmpty();
    }

    private static TrainingProgress Progress(int step, double reward) => new(step, 3, TimeSpan.Zero, TimeSpan.Zero, new Dictionary<string, double> { ["reward"] = reward });
}
