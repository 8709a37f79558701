namespace MLNetAttn.Modeling.Tests;

public sealed class FolderTargetTests
{
    private static void Write(FolderTarget target, string file, string text)
    {
        using StreamWriter writer = new(target.Create(file));
        writer.Write(text);
    }

    private static string[] Names(TemporaryFolder folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    /// <summary>A folder with an earlier checkpoint in shards, and a file that is none of its parts.</summary>
    private static TemporaryFolder Earlier()
    {
        TemporaryFolder folder = Fixtures.Folder();
        foreach (string file in new[] { "config.json", "model-00001-of-00001.safetensors", "model.safetensors.index.json", "tokenizer.json", "notes.txt" })
            File.WriteAllText(folder.File(file), $"old {file}");
        return folder;
    }

    private static void ShouldBeUntouched(TemporaryFolder folder)
    {
        Names(folder).Should().Equal("config.json", "model-00001-of-00001.safetensors", "model.safetensors.index.json", "notes.txt", "tokenizer.json");
        foreach (string file in Names(folder))
            File.ReadAllText(folder.File(file)).Should().Be($"old {file}");
    }

    [Fact]
    public void A_commit_replaces_the_earlier_checkpoint_as_a_whole_and_nothing_else()
    {
        using TemporaryFolder folder = Earlier();
        using (FolderTarget target = new(folder.Path))
        {
            Write(target, "model.safetensors", "new weights");
            Write(target, "config.json", "new config");
            target.Commit();
        }

        Names(folder).Should().Equal("config.json", "model.safetensors", "notes.txt");
        File.ReadAllText(folder.File("config.json")).Should().Be("new config");
        File.ReadAllText(folder.File("notes.txt")).Should().Be("old notes.txt");
    }

    [Fact]
    public void Without_a_commit_the_folder_is_as_it_was()
    {
        using TemporaryFolder folder = Earlier();
        using (FolderTarget target = new(folder.Path))
        {
            Write(target, "config.json", "new config");
            Write(target, "model.safetensors", "half of the wei");
        }
        ShouldBeUntouched(folder);
    }

    [Fact]
    public void A_failure_while_files_are_moved_puts_the_earlier_ones_back()
    {
        using TemporaryFolder folder = Earlier();
        // A folder in the place of a file: the move into place fails after others have succeeded.
        Directory.CreateDirectory(folder.File("vocab.json"));
        using (FolderTarget target = new(folder.Path))
        {
            Write(target, "model.safetensors", "new weights");
            Write(target, "tokenizer.json", "new tokenizer");
            Write(target, "vocab.json", "new vocabulary");
            Write(target, "config.json", "new config");
            Action commit = target.Commit;
            commit.Should().Throw<IOException>();
        }
        Directory.Delete(folder.File("vocab.json"));
        ShouldBeUntouched(folder);
    }

    [Fact]
    public void What_a_killed_save_left_goes_with_the_next_one_but_not_what_another_may_be_writing()
    {
        using TemporaryFolder folder = Earlier();
        DateTime old = DateTime.UtcNow.AddDays(-2);
        foreach (string name in new[] { ".incomplete-old", ".incomplete-new", ".incomplete-growing" })
        {
            string file = Directory.CreateDirectory(folder.File($"{name}/written")).FullName + "/config.json";
            File.WriteAllText(file, "{}");
            if (name == ".incomplete-new") continue;
            if (name == ".incomplete-old") File.SetLastWriteTimeUtc(file, old);
            Directory.SetLastWriteTimeUtc(folder.File($"{name}/written"), old);
            Directory.SetLastWriteTimeUtc(folder.File(name), old);
        }
        string[] left = [".incomplete-growing", ".incomplete-new"], all = [.. left, ".incomplete-old"];

        using (FolderTarget target = new(folder.Path)) Write(target, "config.json", "given up");
        Names(folder).Should().Contain(all);
        using (FolderTarget target = FolderTarget.ForAdapter(folder.Path))
        {
            Write(target, "adapter_config.json", "an adapter");
            target.Commit();
        }
        Names(folder).Should().Contain(all, "they may hold its base");
        using (FolderTarget target = new(folder.Path))
        {
            Write(target, "config.json", "new config");
            target.Commit();
        }
        Names(folder).Should().Equal(".incomplete-growing", ".incomplete-new", "config.json", "notes.txt");
    }

    [Fact]
    public void A_file_that_is_still_open_is_not_committed()
    {
        using TemporaryFolder folder = Earlier();
        using (FolderTarget target = new(folder.Path))
        {
            using Stream open = target.Create("config.json");
            Action commit = target.Commit;
            commit.Should().Throw<IOException>();
        }
        ShouldBeUntouched(folder);
    }

    [Fact]
    public void A_new_folder_is_made_with_its_parents_or_left_unmade()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        string path = folder.File("a/b");
        using (FolderTarget target = new(path))
            Write(target, "config.json", "{}");
        Directory.Exists(path).Should().BeFalse();

        using (FolderTarget target = new(path))
        {
            Write(target, "config.json", "{}");
            target.Commit();
        }
        Directory.GetFileSystemEntries(path).Should().ContainSingle().Which.Should().EndWith("config.json");
    }

    [Theory]
    [InlineData("../config.json")]
    [InlineData("a/b")]
    [InlineData("")]
    public void A_path_is_no_file_name(string file)
    {
        using TemporaryFolder folder = Fixtures.Folder();
        using FolderTarget target = new(folder.Path);
        Action create = () => target.Create(file);
        create.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_file_is_written_once_and_not_after_the_commit()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        using FolderTarget target = new(folder.Path);
        Write(target, "config.json", "{}");
        Action again = () => target.Create("config.json");
        again.Should().Throw<ArgumentException>().WithMessage("*'config.json' was written already*");
        target.Commit();
        Action late = () => target.Create("model.safetensors"), twice = target.Commit;
        late.Should().Throw<InvalidOperationException>();
        twice.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_place_that_cannot_be_written_is_named()
    {
        using TemporaryFolder folder = Fixtures.Folder();
        File.WriteAllText(folder.File("file"), "");
        Func<FolderTarget> make = () => new(folder.File("file"));
        make.Should().Throw<IOException>().WithMessage($"*{folder.File("file")}*");
    }
}
