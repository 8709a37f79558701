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
}
