namespace MLNetAttn.Experiments.Tests;

public sealed class CampaignProgressTests
{
    [Fact]
    public async Task Steps_are_told_while_a_run_goes_on_and_the_time_left_when_one_has_ended()
    {
        using var temporary = new TemporaryFolder();
        RunFolder run = new ExperimentFolder(temporary.Path).Run("uniform", 1);
        Directory.CreateDirectory(run.Path);
        await File.WriteAllTextAsync(run.MetricsFile, """
            {"step":1,"reward":0.5}
            {"step":2,"reward":0.25}

            """, TestContext.Current.CancellationToken);
        using var text = new StringWriter();
        TextWriter output = TextWriter.Synchronized(text);
        using (var progress = new CampaignProgress(output, runs: 2, steps: 60, TimeSpan.FromMilliseconds(5)))
        {
            progress.Begin(run);
            while (!text.ToString().Contains("uniform-1: step 2 of 60, reward 0.250")) await Task.Delay(5, TestContext.Current.CancellationToken);
            progress.End(run).Should().Be(", about 1 min left");
            progress.End(run).Should().BeEmpty();
        }
    }

    [Fact]
    public void Warnings_that_differ_in_numbers_are_told_once()
    {
        using var output = new StringWriter();
        using var progress = new CampaignProgress(output, runs: 1, steps: 1, Timeout.InfiniteTimeSpan);
        progress.Warn("31 of 64 were cut", "a.txt");
        progress.Warn("33 of 64 were cut", "b.txt");
        progress.Warn("nothing is learnt (mean 0.5)", "b.txt");
        output.ToString().Should().Be("Warning, see a.txt: 31 of 64 were cut\nWarning, see b.txt: nothing is learnt (mean 0.5)\n");
    }
}
