namespace MLNetAttn.Modeling.Tests;

public sealed class DirectoryEntriesTests
{
    [Fact]
    public void A_folder_is_flushed_and_one_that_is_not_there_is_not()
    {
        using var folder = new TemporaryFolder();
        DirectoryEntries.Flush(folder.Path).Should().Be(!OperatingSystem.IsWindows());
        DirectoryEntries.Flush(Path.Combine(folder.Path, "missing")).Should().BeFalse();
    }

    [Fact]
    public void A_folder_is_made_with_those_above_it_and_a_file_in_its_place_is_refused()
    {
        using var folder = new TemporaryFolder();
        string inner = Path.Combine(folder.Path, "a", "b");
        DirectoryEntries.Create(inner);
        DirectoryEntries.Create(inner);
        Directory.Exists(inner).Should().BeTrue();
        string file = Path.Combine(inner, "file");
        File.WriteAllText(file, "");
        foreach (string path in (string[])[file, Path.Combine(file, "c")])
            FluentActions.Invoking(() => DirectoryEntries.Create(path)).Should().Throw<IOException>().WithMessage($"'{file}' is a file, expected a folder*");
    }
}
