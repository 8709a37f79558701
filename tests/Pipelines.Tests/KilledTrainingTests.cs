using System.Diagnostics;
using MLNetAttn.FreshProcess;

namespace MLNetAttn.Pipelines.Tests;

public sealed class KilledTrainingTests
{
    private const int Steps = 6, Kills = 3;

    private static readonly string Model = Repository.Path("models", "countdown");

    /// <summary>Real processes, really killed: after a step, and a random while later, which may be in the middle of a checkpoint.</summary>
    [Fact]
    public async Task A_training_that_is_killed_at_any_moment_goes_on_and_ends_with_the_bits_of_an_undisturbed_one()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        string expected = (await NewProcess.RunAsync(cancellation, "train", Model, Path.Combine(folder.Path, "whole"), $"{Steps}"))[^1];

        string cut = Path.Combine(folder.Path, "cut");
        var random = new Random(Environment.TickCount);
        for (int kills = 0; kills < Kills; kills++)
        {
            using Process process = NewProcess.Start("train", Model, cut, $"{Steps}");
            await process.StandardOutput.ReadLineAsync(cancellation);
            await Task.Delay(random.Next(150), cancellation);
            process.Kill();
            await process.WaitForExitAsync(cancellation);
        }
        string[] lines = await NewProcess.RunAsync(cancellation, "train", Model, cut, $"{Steps}");
        lines[^1].Should().Be(expected);
        lines.Length.Should().BeLessThanOrEqualTo(Steps - Kills + 1, "the steps that were told are not done again");
    }
}
