using System.Text.Json;

namespace MLNetAttn.Experiments.Tests;

public sealed class ReportTests
{
    [Fact]
    public void Tables_numbers_and_pictures_are_written_from_what_has_ended()
    {
        using var temporary = new TemporaryFolder();
        var folder = new ExperimentFolder(temporary.Path);
        Runs.Write(folder,
            Runs.Result("uniform", 1, 0.30), Runs.Result("coupled", 1, 0.33), Runs.Result("uniform", 2, 0.40), Runs.Result("coupled", 2, 0.42));
        Directory.CreateDirectory(folder.Run("coupled", 3).Path);

        Report.Write(folder, "uniform", TextWriter.Null).Runs.Should().HaveCount(4);
        string text = File.ReadAllText(folder.In("results.md"));
        text.Should()
            .Contain("| coupled | 2 | 37.5 % |")
            .And.Contain("| +2.5 |")
            .And.Contain("33.0 % / 40.0 %")
            .And.Contain("```json\n{\"model\":null,")
            .And.Contain("\"steps\":60,")
            .And.Contain("Begun, not ended, and in no table: coupled-3.");
        JsonElement json = JsonDocument.Parse(File.ReadAllText(folder.In("results.json"))).RootElement;
        json.GetProperty("arms")[1].GetProperty("measures")[0].GetProperty("difference").GetProperty("value").GetDouble()
            .Should().BeApproximately(0.025, 1e-12);
        foreach (string picture in (string[])["curves.png", "differences.png"])
            File.ReadAllBytes(folder.In(picture)).Take(4).Should().Equal(0x89, (byte)'P', (byte)'N', (byte)'G');
        Directory.EnumerateFiles(folder.Path, "*.tmp").Should().BeEmpty();

        Report.Write(folder, "local", TextWriter.Null);
        File.Exists(folder.In("differences.png")).Should().BeFalse("they were another baseline's");
    }

    [Fact]
    public void A_picture_that_cannot_be_drawn_takes_no_table_with_it_and_of_one_seed_there_are_no_intervals_to_draw()
    {
        using var temporary = new TemporaryFolder();
        var folder = new ExperimentFolder(temporary.Path);
        Runs.Write(folder, Runs.Result("uniform", 1, 0.30), Runs.Result("coupled", 1, 0.33));
        File.WriteAllText(folder.Run("coupled", 1).MetricsFile, "no JSON\n");
        using var output = new StringWriter();
        Report.Write(folder, "uniform", output);
        output.ToString().Should().StartWith(File.ReadAllText(folder.In("results.md"))).And.Contain("curves.png' could not be drawn: ");
        File.Exists(folder.In("curves.png")).Should().BeFalse();
        File.Exists(folder.In("differences.png")).Should().BeFalse();
    }
}
