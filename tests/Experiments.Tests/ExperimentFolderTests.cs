namespace MLNetAttn.Experiments.Tests;

public sealed class ExperimentFolderTests
{
    [Fact]
    public void Runs_are_told_from_what_others_lay_beside_them()
    {
        using var temporary = new TemporaryFolder();
        var folder = new ExperimentFolder(temporary.Path);
        foreach (string name in (string[])["coupled-3", "coupled-mean-1-12", "coupled-mean", "coupled-mean-1", "notes-1", "uniform", "uniform-1-old"])
            Directory.CreateDirectory(folder.In(name));
        folder.Runs().Select(run => Path.GetFileName(run.Path)).Should().BeEquivalentTo("coupled-3", "coupled-mean-1-12");
    }
}
