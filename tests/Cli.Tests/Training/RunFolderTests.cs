namespace MLNetAttn.Cli.Tests;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("policy/config.json", "policy")]
    [InlineData("policy.zip", "policy.zip")]
    [InlineData("report.html", "report.html")]
    [InlineData("metrics.jsonl", "metrics.jsonl")]
    [InlineData("checkpoint-000001/mine", "checkpoint-000001")]
    public void What_a_run_would_write_over_is_left_alone(string file, string named)
    {
        string path = _folder.File(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "mine");
        foreach (bool resume in new[] { false, true })
            FluentActions.Invoking(() => RunFolder.Open(_folder.Path, resume))
                .Should().Throw<InvalidOperationException>().WithMessage($"*holds {named} and no run*Choose another \"output\"*");
        File.ReadAllText(path).Should().Be("mine");
    }

    [Fact]
    public void Places_where_no_folder_can_be_are_told_by_the_key_that_names_them()
    {
        string file = _folder.File("file");
        File.WriteAllText(file, "mine");
        FluentActions.Invoking(() => RunFolder.Open(file, resume: false))
            .Should().Throw<IOException>().WithMessage($"\"output\" is '{file}', which is a file*");
        Assert.SkipUnless(Directory.Exists("/proc/self"), "Needs a folder that nobody can write in.");
        FluentActions.Invoking(() => RunFolder.Open("/proc/run", resume: false))
            .Should().Throw<IOException>().WithMessage("\"output\" is '/proc/run', where no files can be made: *");
    }

    [Fact]
    public void A_run_that_never_began_and_files_of_other_names_are_in_nobodys_way()
    {
        File.WriteAllText(_folder.File("train.json"), "{}");
        File.WriteAllText(_folder.File("notes.txt"), "mine");
        RunFolder.Open(_folder.Path, resume: false).Dispose();
        RunFolder.Open(_folder.Path, resume: false).Dispose();
        File.Exists(_folder.File("notes.txt")).Should().BeTrue();
    }

    [Fact]
    public void What_a_killed_process_left_half_written_is_removed_and_nothing_else()
    {
        foreach (string name in new[] { "policy.zip.3yushjhh.ajt.tmp", "report.html.abcdefgh.ijk.tmp", "mine.tmp", "policy.zip.tmp" })
            File.WriteAllText(_folder.File(name), "half");
        RunFolder.Open(_folder.Path, resume: true).Dispose();
        Directory.EnumerateFiles(_folder.Path, "*.tmp").Select(Path.GetFileName).Should().BeEquivalentTo("mine.tmp", "policy.zip.tmp");
    }
}
