namespace MLNetAttn.Estimators.Tests;

public sealed class MetricsFileTests
{
    private static readonly Dictionary<string, double> Some = new() { ["reward"] = 0.1, ["completions/mean_length"] = 1e300, ["kl"] = double.NaN };

    [Fact]
    public void What_was_written_is_read_back()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("run/metrics.jsonl");
        using (var file = new MetricsFile(path))
        {
            file.Write(1, Some);
            // A reader need not wait for the run to end.
            MetricsFile.Read(path).Should().ContainSingle();
            file.Write(2, new Dictionary<string, double> { ["reward"] = double.PositiveInfinity });
        }
        File.ReadAllLines(path)[0].Should().Be("""{"step":1,"reward":0.1,"completions/mean_length":1E+300,"kl":null}""");
        IReadOnlyList<(int Step, IReadOnlyDictionary<string, double> Metrics)> read = MetricsFile.Read(path);
        read.Select(line => line.Step).Should().Equal(1, 2);
        read[0].Metrics.Should().Equal(Some);
        read[1].Metrics.Should().Equal(new Dictionary<string, double> { ["reward"] = double.NaN });
    }

    [Fact]
    public void A_run_that_resumes_keeps_its_steps_byte_by_byte_and_drops_later_and_cut_ones()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("metrics.jsonl");
        using (var file = new MetricsFile(path))
            for (int step = 1; step <= 5; step++) file.Write(step, Some);
        string[] lines = File.ReadAllLines(path);
        File.AppendAllText(path, lines[0][..20]);

        using (var file = new MetricsFile(path, resumeAfterStep: 3)) file.Write(4, new Dictionary<string, double> { ["reward"] = 1 });

        File.ReadAllText(path).Should().Be(string.Join('\n', lines.Take(3)) + "\n{\"step\":4,\"reward\":1}\n");
        Directory.GetFiles(folder.Path).Should().ContainSingle("nothing is left beside it");
    }

    [Fact]
    public void A_run_that_was_cut_in_its_last_line_loses_that_line_alone()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("metrics.jsonl");
        // 100 kB in a line: longer than what is read at once.
        string name = new('x', 100_000);
        File.WriteAllText(path, $"{{\"step\":1,\"{name}\":2}}\n{{\"step\":2,\"reward\":1}}");
        MetricsFile.Read(path).Should().ContainSingle().Which.Metrics.Should().ContainKey(name);
        new MetricsFile(path, resumeAfterStep: 9).Dispose();
        File.ReadAllText(path).Should().Be($"{{\"step\":1,\"{name}\":2}}\n");
    }

    [Fact]
    public void A_new_run_keeps_nothing()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("metrics.jsonl");
        File.WriteAllText(path, "{\"step\":1}\n");
        new MetricsFile(path).Dispose();
        new FileInfo(path).Length.Should().Be(0);
    }

    [Theory]
    [InlineData("not json\n", "*line 2, is no JSON*")]
    [InlineData("{\"reward\":1}\n", "*line 2, has no 'step'*")]
    [InlineData("[1]\n", "*line 2, has no 'step'*")]
    [InlineData("{\"step\":1.5}\n", "*line 2, has no 'step'*")]
    public void Another_file_is_left_as_it_is(string line, string message)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("metrics.jsonl"), text = "{\"step\":1}\n" + line;
        File.WriteAllText(path, text);
        FluentActions.Invoking(() => new MetricsFile(path, resumeAfterStep: 1)).Should().Throw<InvalidDataException>().WithMessage(message);
        FluentActions.Invoking(() => MetricsFile.Read(path)).Should().Throw<InvalidDataException>().WithMessage(message);
        File.ReadAllText(path).Should().Be(text);
        Directory.GetFiles(folder.Path).Should().ContainSingle();
    }
}
