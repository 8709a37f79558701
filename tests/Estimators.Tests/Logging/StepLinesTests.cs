namespace MLNetAttn.Estimators.Tests;

public sealed class StepLinesTests
{
    [Fact]
    public void The_last_whole_line_is_found_in_files_of_any_size()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("lines.jsonl");
        StepLines.ReadLast(path).Should().BeNull("there is no file");
        File.WriteAllText(path, "{\"step\":1}");
        StepLines.ReadLast(path).Should().BeNull("its only line is not whole");
        // Three megabytes: more than is looked at.
        using (var lines = new StepLines(path, resumeAfterStep: 0))
            for (int step = 1; step <= 3000; step++) lines.Write(step, json => json.WriteString("text", new string('x', 1000)));
        File.AppendAllText(path, "{\"step\":3001,\"te");
        StepLines.ReadLast(path)!.Value.Step.Should().Be(3000);
        StepLines.ReadLast(path)!.Value.Line.GetProperty("text").GetString().Should().HaveLength(1000);
    }
}
