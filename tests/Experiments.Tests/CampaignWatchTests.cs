using System.Diagnostics;
using System.Globalization;

namespace MLNetAttn.Experiments.Tests;

public sealed class CampaignWatchTests
{
    [Fact]
    public async Task Runs_end_with_a_campaign_that_is_killed()
    {
        using var folder = new TemporaryFolder();
        string[] command = ["run", folder.Path, "--strategies", "uniform", "--seeds", "1", "--steps", "5000", .. Kit.Tiny];
        using Process campaign = Process.Start(new ProcessStartInfo(Kit.Executable, command) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string begun = new ExperimentFolder(folder.Path).Run("uniform", 1).MetricsFile;
        while (!campaign.HasExited && !File.Exists(begun)) await Task.Delay(20, TestContext.Current.CancellationToken);
        int worker = Workers(folder.Path).Should().ContainSingle().Subject;
        campaign.Kill();
        await campaign.WaitForExitAsync(TestContext.Current.CancellationToken);
        long killed = Stopwatch.GetTimestamp();
        while (Workers(folder.Path).Any() && Stopwatch.GetElapsedTime(killed) < TimeSpan.FromSeconds(30))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        try
        {
            Workers(folder.Path).Should().BeEmpty();
        }
        catch
        {
            Process.GetProcessById(worker).Kill();
            throw;
        }
    }

    /// <summary>The processes that work in a folder.</summary>
    private static IEnumerable<int> Workers(string folder)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out int id)) continue;
            string[] command = [];
            try
            {
                command = File.ReadAllText(Path.Combine(process, "cmdline")).Split('\0');
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has ended since the folder was listed.
            }
            if (command.Contains("worker") && command.Contains(folder)) yield return id;
        }
    }
}
