using System.Diagnostics;
using System.Text.Json.Nodes;
using MLNetAttn.FreshProcess;

namespace MLNetAttn.Pipelines.Tests;

/// <summary>Trainings in a file system of a few megabytes or kilobytes, which is really full.</summary>
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
            cancellation);
        code.Should().Be(0, output);
        output.Should().Contain(expected, "the training goes on");

        string[] checkpoints = [.. Directory.EnumerateDirectories(left).Select(path => Path.GetFileName(path)!)];
        checkpoints.Where(name => !name.StartsWith("checkpoint-", StringComparison.Ordinal)).Should().BeEmpty("what is half-written is removed");
        checkpoints.Should().HaveCount(size == "6m" ? 2 : 0);
        int[] told = [.. File.ReadLines(Path.Combine(left, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!["step"]!.GetValue<int>())];
        told.Should().Equal(Enumerable.Range(1, told.Length), "lines are there whole or not at all");
        told.Length.Should().Match(count => size == "6m" ? count == Steps : count < Steps);

        (await NewProcess.RunAsync(cancellation, "train", Model, left, $"{Steps}"))[^1].Should().Be(expected, "with room it goes on from what is there");
    }

    private static async Task RequireMounts(string folder, CancellationToken cancellation)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs a file system in memory, which Linux has.");
        (int code, string output) = await Shell($"mount -t tmpfs -o size=12k none '{folder}'", cancellation);
        Assert.SkipWhen(code != 0, $"This machine mounts nothing for an ordinary user: {output}");
    }

    /// <summary>Runs a command in a mount namespace of its own, as its root.</summary>
    private static async Task<(int Code, string Output)> Shell(string command, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("sh", ["-c", "exec unshare --map-root-user --mount sh -c \"$1\" 2>&1", "sh", command])
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
