namespace MLNetAttn.Transforms.Tests;

public sealed class LockFileTests
{
    [Fact]
    public void A_file_is_taken_by_one_at_a_time()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Path, "lock");
        using (LockFile.Take(path, "taken"))
        {
            FluentActions.Invoking(() => LockFile.Take(path, "taken")).Should().Throw<IOException>().WithMessage("taken").WithInnerException<IOException>();
        }
        LockFile.Take(path, "taken").Dispose();
    }

    [Fact]
    public void What_else_fails_is_not_said_to_be_taken()
    {
        using var folder = new TemporaryFolder();
        FluentActions.Invoking(() => LockFile.Take(Path.Combine(folder.Path, new string('x', 300)), "taken")).Should().Throw<PathTooLongException>();
        FluentActions.Invoking(() => LockFile.Take(Path.Combine(folder.Path, "none", "lock"), "taken")).Should().Throw<DirectoryNotFoundException>();
    }
}
