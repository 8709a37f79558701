using System.Diagnostics;
using MLNetAttn.FreshProcess;

namespace MLNetAttn.Pipelines.Tests;

public sealed class KilledTrainingTests
{
    private static readonly string Model = Repository.Path("models", "countdown");

    /// <summary>Real processes, really killed: after some steps, and a random while later, which may be in the middle of a checkpoint.</summary>
    [Theory]
    [InlineData(6, 3, 1, 1)]
    [InlineData(7, 2, 3, 2, "adapter")]
    public async Task A_training_that_is_killed_at_any_moment_goes_on_and_ends_with_the_bits_of_an_undisturbed_one(
        int steps, int kills, int toldBefore, int checkpointEvery, params string[] kind)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        string expected = (await NewProcess.RunAsync(cancellation, ["train", Model, Path.Combine(folder.Path, "whole"), $"{steps}", .. kind]))[^1];

        string cut = Path.Combine(folder.Path, "cut");
        var random = new Random(Environment.TickCount);
        int kept = 0;
        for (int kill = 0; kill < kills; kill++)
        {
            using Process process = NewProcess.Start(["train", Model, cut, $"{steps}", .. kind]);
            int last = 0;
            for (int told = 0; told < toldBefore; told++)
            {
                int step = Step(await process.StandardOutput.ReadLineAsync(cancellation));
                if (told == 0) step.Should().BeGreaterThan(kept, "a kill costs at most the steps since the last checkpoint");
                last = step;
            }
            kept = last - last % checkpointEvery;
            await Task.Delay(random.Next(150), cancellation);
            process.Kill();
            await process.WaitForExitAsync(cancellation);
        }
        string[] lines = await NewProcess.RunAsync(cancellation, ["train", Model, cut, $"{steps}", .. kind]);
        lines[^1].Should().Be(expected);
        lines.Length.Should().BeLessThanOrEqualTo(steps - kept + 1, "the steps before the last checkpoint are not done again");

        static int Step(string? line) => int.Parse(line!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
