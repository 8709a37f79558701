using System.Diagnostics;
using System.Text.Json.Nodes;
using MLNetAttn.FreshProcess;

namespace MLNetAttn.Pipelines.Tests;

/// <summary>Trainings in a file system of a few megabytes or kilobytes, which is really full, or whose files may not grow.</summary>
public sealed class FullDiskTests
{
    private const int Steps = 6;

    private static readonly string Model = Repository.Path("models", "countdown");

    /// <summary>A checkpoint takes 2.6 MB: two fit. 12 KB hold three pages: run.json and the first page of two files of the journal.</summary>
    [Theory]
    [InlineData("6m")]
    [InlineData("12k")]
    public async Task A_disk_that_is_full_costs_files_and_not_the_training(string size)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        string mounted = Directory.CreateDirectory(Path.Combine(folder.Path, "small")).FullName, left = Path.Combine(folder.Path, "left");
        await RequireMounts(mounted, cancellation);
        string expected = (await NewProcess.RunAsync(cancellation, "train", Model, Path.Combine(folder.Path, "whole"), $"{Steps}"))[^1];

        // What a run leaves is gone with its mount: it is copied out before.
        string assembly = typeof(NewProcess).Assembly.Location;
        (int code, string output) = await Shell(
            $"mount -t tmpfs -o size={size} none '{mounted}' && dotnet '{assembly}' train '{Model}' '{mounted}' {Steps} && cp -r '{mounted}' '{left}' && df '{mounted}'",
            cancellation,
            mounts: true);
        code.Should().Be(0, output);
        output.Should().Contain(expected, "the training goes on");

        string[] checkpoints = [.. Directory.EnumerateDirectories(left).Select(path => Path.GetFileName(path)!)];
        checkpoints.Where(name => !name.StartsWith("checkpoint-", StringComparison.Ordinal)).Should().BeEmpty("what is half-written is removed");
        checkpoints.Should().HaveCount(size == "6m" ? 2 : 0);
        int told = Told(left);
        told.Should().Match(count => size == "6m" ? count == Steps : count < Steps);

        (await NewProcess.RunAsync(cancellation, "train", Model, left, $"{Steps}"))[^1].Should().Be(expected, "with room it goes on from what is there");
    }

    /// <summary>No file may have more than 3 072 bytes: run.json may be written, and three lines of metrics.</summary>
    [Fact]
    public async Task Files_that_must_not_grow_cost_their_last_lines_and_not_the_training()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs a limit of files that is known to act.");
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        // Of twice-mapped memory .NET has a file, too. Without a trap a process that reaches the limit is ended.
        (int code, string output) = await Shell(
            $"trap '' XFSZ; ulimit -f 6; DOTNET_EnableWriteXorExecute=0 exec dotnet '{typeof(NewProcess).Assembly.Location}' train '{Model}' '{folder.Path}' {Steps}",
            cancellation);
        code.Should().Be(0, output);
        Told(folder.Path).Should().BeInRange(1, Steps - 1);
        Directory.EnumerateDirectories(folder.Path).Should().BeEmpty("a checkpoint is larger, and what is half-written is removed");
        string fingerprint = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
        (await NewProcess.RunAsync(cancellation, "train", Model, folder.Path, $"{Steps}"))[^1].Should().Be(fingerprint, "the training went on");
        Told(folder.Path).Should().Be(Steps);
    }

    /// <summary>How many steps are in the file of metrics, each in a whole line.</summary>
    private static int Told(string folder)
    {
        string text = File.ReadAllText(Path.Combine(folder, "metrics.jsonl"));
        text.Should().EndWith("\n", "lines are there whole or not at all");
        int[] told = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!["step"]!.GetValue<int>())];
        told.Should().Equal(Enumerable.Range(1, told.Length));
        return told.Length;
    }

    private static async Task RequireMounts(string folder, CancellationToken cancellation)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs a file system in memory, which Linux has.");
        (int code, string output) = await Shell($"mount -t tmpfs -o size=12k none '{folder}'", cancellation, mounts: true);
        Assert.SkipWhen(code != 0, $"This machine mounts nothing for an ordinary user: {output}");
    }

    /// <summary>Runs a command.</summary>
    /// <param name="command">In the shell's words.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="mounts">Whether it mounts something: it then has a mount namespace of its own, as its root.</param>
    private static async Task<(int Code, string Output)> Shell(string command, CancellationToken cancellation, bool mounts = false)
    {
        string shell = mounts ? "unshare --map-root-user --mount sh" : "sh";
        var start = new ProcessStartInfo("sh", ["-c", $"exec {shell} -c \"$1\" 2>&1", "sh", command])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, output);
    }
}
