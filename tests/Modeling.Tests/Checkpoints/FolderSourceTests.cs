namespace MLNetAttn.Modeling.Tests;

public sealed class FolderSourceTests
{
    [Fact]
    public void A_missing_folder_is_named()
    {
        Func<FolderSource> open = () => new("/no/such/folder");
        open.Should().Throw<DirectoryNotFoundException>().WithMessage("*'/no/such/folder'*on this machine, not a name on the Hub*");
    }

    [Fact]
    public void A_file_in_its_place_is_no_missing_folder()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        string file = folder.File("policy.zip");
        File.WriteAllText(file, "");
        FluentActions.Invoking(() => CausalLanguageModel.FromPretrained(file))
            .Should().Throw<DirectoryNotFoundException>().WithMessage($"'{file}' is a file, expected*folder*zip*mlContext.Model.Load*");
    }

    [Fact]
    public void A_missing_file_is_named_with_its_folder()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        Action open = () => new FolderSource(folder.Path).OpenRead("config.json");
        open.Should().Throw<FileNotFoundException>().WithMessage($"The model folder '{folder.Path}' has no file 'config.json'.");
    }

    [Fact]
    public void Where_a_save_was_interrupted_the_message_says_where_the_files_are()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        Directory.CreateDirectory(folder.File(".incomplete-x"));
        Action open = () => new FolderSource(folder.Path).OpenRead("config.json");
        open.Should().Throw<FileNotFoundException>().WithMessage("*interrupted save*.incomplete-x*");
    }

    [Fact]
    public void Only_files_directly_inside_are_seen()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        Directory.CreateDirectory(folder.File("inner"));
        File.WriteAllText(folder.File("outer.json"), "{}");
        FolderSource source = new(folder.File("inner"));
        source.Exists("../outer.json").Should().BeFalse();
        Action open = () => source.OpenRead("../outer.json");
        open.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Links_are_followed()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        File.WriteAllText(folder.File("blob"), "text");
        Directory.CreateDirectory(folder.File("snapshot"));
        File.CreateSymbolicLink(folder.File("snapshot/config.json"), "../blob");
        FolderSource source = new(folder.File("snapshot"));
        source.Exists("config.json").Should().BeTrue();
        CheckpointFiles.ReadSmall(source, "config.json").Should().Equal("text"u8.ToArray());
    }
}
