namespace MLNetAttn.Cli.Tests;

public sealed class TrainingWarningsTests
{
    [Fact]
    public void Each_is_kept_once_behind_what_the_file_holds()
    {
        using var folder = new TemporaryFolder();
        string file = folder.File("warnings.txt");
        File.WriteAllText(file, "after step 1: of before\n");
        var warnings = new TrainingWarnings(file);
        warnings.Add(2, "first").Should().BeTrue();
        warnings.Add(3, "second").Should().BeTrue();
        warnings.Add(4, "first").Should().BeFalse();
        warnings.All.Should().Equal("first", "second");
        File.ReadAllLines(file).Should().Equal("after step 1: of before", "after step 2: first", "after step 3: second");
    }

    [Fact]
    public void A_file_that_cannot_be_written_ends_nothing()
    {
        using var folder = new TemporaryFolder();
        var warnings = new TrainingWarnings(folder.Path);
        warnings.Add(1, "careful").Should().BeTrue();
        warnings.All.Should().Equal("careful");
    }
}
