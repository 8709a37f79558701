namespace MLNetAttn.Experiments.Tests;

public sealed class FolderRulesTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly ExperimentFolder _folder;
    private readonly ExperimentSettings _settings = new();

    public FolderRulesTests() => _folder = new ExperimentFolder(_temporary.Path);

    public void Dispose() => _temporary.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Folders_that_are_called_like_runs_are_not_deleted(bool isBegun)
    {
        if (isBegun) ExperimentFolder.Write(_folder.SettingsFile, _settings with { Steps = 7 });
        // A model's configuration has the same name, and says other things.
        string mine = _folder.Run("random", 1).Path, notes = Path.Combine(mine, "notes.txt");
        Directory.CreateDirectory(mine);
        File.WriteAllText(notes, "mine");
        Accept(_settings).Should().Throw<ArgumentException>().WithMessage($"'{mine}'*give another folder*");
        File.WriteAllText(Path.Combine(mine, "config.json"), """{"model_type": "llama"}""");
        Accept(_settings).Should().Throw<ArgumentException>();
        File.Exists(notes).Should().BeTrue();
    }

    [Fact]
    public void Runs_without_anything_to_show_give_way_to_other_settings()
    {
        ExperimentFolder.Write(_folder.SettingsFile, _settings with { Steps = 7 });
        ExperimentFolder.Write(_folder.BeforeTrainingFile, new RunStart(0.5, 0.5, Fingerprints: null));
        Begin(_folder.Run("uniform", 1), _settings with { Steps = 7 });
        Directory.CreateDirectory(_folder.Run("coupled", 1).Path);
        File.WriteAllText(_folder.Run("coupled", 1).LogFile, "");
        new FolderRules(_folder).Continue(_settings with { Steps = 7 }).Should().BeTrue();
        new FolderRules(_folder).Continue(_settings).Should().BeFalse();
        _folder.Runs().Should().HaveCount(2, "nothing is changed before it is accepted");
        Accept(_settings).Should().NotThrow();
        _folder.Runs().Should().BeEmpty();
        File.Exists(_folder.BeforeTrainingFile).Should().BeFalse();
        ExperimentFolder.Read<ExperimentSettings>(_folder.SettingsFile).Should().Be(_settings);
    }

    [Fact]
    public void Results_whose_settings_are_gone_take_no_others()
    {
        Runs.Write(_folder, Runs.Result("uniform", 1, 0.3));
        File.Delete(_folder.SettingsFile);
        Accept(_settings).Should().Throw<ArgumentException>().WithMessage("*uniform-1' is there*Put it back*");
        File.Exists(_folder.SettingsFile).Should().BeFalse();
    }

    [Fact]
    public void Runs_of_other_settings_or_another_model_are_named_and_not_compared()
    {
        Runs.Write(_folder, Runs.Result("uniform", 1, 0.3), Runs.Result("uniform", 2, 0.3), Runs.Result("coupled", 1, 0.3), Runs.Result("coupled", 2, 0.3));
        ExperimentFolder.Write(_folder.BeforeTrainingFile, new RunStart(0.4, 0.2, new StartFingerprints("a", null, null)));
        Begin(_folder.Run("uniform", 1), _settings with { SamplingBatchSize = 3, Seeds = "9" });
        FluentActions.Invoking(() => Report.Write(_folder, "uniform", TextWriter.Null)).Should().NotThrow("what changes no result may be other");
        Begin(_folder.Run("coupled", 1), _settings with { LearningRate = 0.5 });
        Begin(_folder.Run("coupled", 2), _settings, "b");
        FluentActions.Invoking(() => Report.Write(_folder, "uniform", TextWriter.Null)).Should().Throw<InvalidDataException>()
            .WithMessage("*Move these elsewhere: coupled-1 (--learning-rate 0.5); coupled-2 (another model).");
    }

    private static void Begin(RunFolder run, ExperimentSettings settings, string model = "a")
    {
        Directory.CreateDirectory(run.Path);
        ExperimentFolder.Write(run.ConfigurationFile, new RunConfiguration
        {
            Arm = "uniform",
            Seed = 1,
            Settings = settings,
            Credit = new Transforms.CreditOptions(),
            ModelFingerprint = model,
            ModelParameters = 7,
        });
    }

    private Action Accept(ExperimentSettings settings) => () => new FolderRules(_folder).Accept(settings);
}
