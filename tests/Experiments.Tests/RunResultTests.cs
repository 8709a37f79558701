namespace MLNetAttn.Experiments.Tests;

public sealed class RunResultTests
{
    [Fact]
    public void What_differs_between_two_starts_is_named()
    {
        var start = new StartFingerprints("a", "b", null);
        start.DifferencesFrom(start).Should().BeEmpty();
        start.DifferencesFrom(new StartFingerprints("c", "b", "d")).Should().Equal("the model", "the test file");
        start.DifferencesFrom(start with { TrainFile = "c" }).Should().Equal("the training file");
    }

    [Fact]
    public void A_folder_of_before_has_no_fingerprints()
    {
        using var folder = new TemporaryFolder();
        string file = new ExperimentFolder(folder.Path).BeforeTrainingFile;
        ExperimentFolder.Write(file, new Accuracy(Greedy: 0.4, Sampled: 0.2));
        RunStart start = ExperimentFolder.Read<RunStart>(file);
        start.Accuracy.Should().Be(new Accuracy(0.4, 0.2));
        start.Fingerprints.Should().BeNull();
    }
}
