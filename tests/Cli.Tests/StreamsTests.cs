using System.Diagnostics;

namespace MLNetAttn.Cli.Tests;

public sealed class StreamsTests
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "MLNetAttn.Cli");

    [Fact]
    public void Commands_that_share_a_file_as_their_output_write_one_after_the_other()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a Unix shell.");
        using var folder = new TemporaryFolder();
        string file = folder.File("both.jsonl");
        string Call(string text) => $$"""echo '{"text": "{{text}}"}' | "{{Executable}}" tokenize --model "{{Tool.TinyLlama}}" """;

        int code = Shell($"{{ {Call("first")}; {Call("second")}; echo '{{\"text\": \"last\"}}'; }} > \"{file}\"");

        code.Should().Be(0);
        Tool.Parse(File.ReadAllText(file)).Select(row => row.GetProperty("text").GetString()).Should().Equal("first", "second", "last");
    }

    [Fact]
    public void Work_ends_when_nobody_reads_any_more()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a Unix shell.");
        using var folder = new TemporaryFolder();
        string file = folder.File("code"), errors = folder.File("errors");

        // More than a pipe holds.
        Shell(
            $$"""{ yes '{"text": "again"}' | head -n 20000 | "{{Executable}}" tokenize --model "{{Tool.TinyLlama}}" 2> "{{errors}}"; echo $? > "{{file}}"; } | head -n 1 > /dev/null""");

        File.ReadAllText(file).Trim().Should().Be("141");
        File.ReadAllText(errors).Should().BeEmpty("it is no error");
    }

    private static int Shell(string script)
    {
        using Process process = Process.Start("/bin/sh", ["-c", script]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
