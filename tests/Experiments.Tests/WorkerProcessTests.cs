using System.Diagnostics;

namespace MLNetAttn.Experiments.Tests;

public sealed class WorkerProcessTests
{
    [Theory]
    [InlineData("kill -9 $$", "killed (exit code 137): out of memory?")]
    [InlineData("kill -11 $$", "ended by signal 11 (exit code 139)")]
    [InlineData("exit 3", "exit code 3, and no reason given")]
    [InlineData("echo 'Warning: small' >&2; echo 'Error: no model' >&2; echo '  at Main' >&2; exit 1", "no model")]
    public async Task Why_it_failed_is_told(string script, string reason)
    {
        using var folder = new TemporaryFolder();
        (int code, _, string errors) = await Kit.RunAsAsync(Program(folder, script), ["run", folder.File("a"), .. Kit.Tiny]);
        code.Should().Be(1);
        errors.Trim().Should().Be($"No run can begin: {reason}");
    }

    [Fact]
    public async Task Runs_that_failed_are_told_last()
    {
        using var folder = new TemporaryFolder();
        string program = Program(folder, """
            if [ "$2" = before ]; then
                cp "$3/experiment.new.json" "$3/experiment.json"
                echo "{\"greedy\": 0.5, \"sampled\": 0.25, \"fingerprints\": null}" > "$3/before-training.json"
            else
                echo "Warning: small" >&2; echo "Error: no room" >&2; exit 1
            fi
            """);
        (int code, string output, _) = await Kit.RunAsAsync(
            program, ["run", folder.File("a"), "--strategies", "uniform", "--seeds", "3-4", "--workers", "1", .. Kit.Tiny]);
        code.Should().Be(2);
        output.Should().Contain("Before training: sampled 25.0 %, greedy 50.0 %").And.Contain("log.txt: small", Exactly.Once());
        output.TrimEnd().Should().EndWith("2 of 2 runs failed, and the same command tries them again: uniform-3: no room; uniform-4: no room");
    }

    [Fact]
    public async Task What_it_says_is_in_the_log_while_it_runs_and_stays_when_it_goes_on()
    {
        using var folder = new TemporaryFolder();
        string go = folder.File("go"), log = folder.File("log.txt");
        await File.WriteAllTextAsync(log, "before\n", TestContext.Current.CancellationToken);
        string program = Program(folder, $"echo said; echo complained >&2; while [ ! -f '{go}' ]; do sleep 0.05; done; echo more");
        Task<string?> run = new WorkerProcess(program, threads: 1, TextWriter.Null).RunAsync(["run"], log, TestContext.Current.CancellationToken);
        while (!run.IsCompleted && !(await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken)).Contains("complained"))
            await Task.Delay(20, TestContext.Current.CancellationToken);
        run.IsCompleted.Should().BeFalse();
        await File.WriteAllTextAsync(go, "", TestContext.Current.CancellationToken);
        (await run).Should().BeNull();
        (await File.ReadAllLinesAsync(log, TestContext.Current.CancellationToken)).Should().StartWith("before").And.EndWith("more").And.HaveCount(4);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_ends_nothing()
    {
        using var folder = new TemporaryFolder();
        using var output = new StringWriter();
        string? failure = await new WorkerProcess(Program(folder, "echo one; echo two"), threads: 1, output)
            .RunAsync(["run"], folder.File(Path.Combine("missing", "log.txt")), TestContext.Current.CancellationToken);
        failure.Should().BeNull();
        output.ToString().Should().Contain("The log could not be written", Exactly.Once());
    }

    private static string Program(TemporaryFolder folder, string script)
    {
        string file = folder.File("program.sh");
        // Written by another process: while this one has a file open that a test beside it inherits, the system does not run that file.
        using Process writer = Process.Start("sh", ["-c", "printf '#!/bin/sh\n%s\n' \"$1\" > \"$2\"; chmod +x \"$2\"", "sh", script, file]);
        writer.WaitForExit();
        return file;
    }
}
