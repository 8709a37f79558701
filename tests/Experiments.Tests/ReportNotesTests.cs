namespace MLNetAttn.Experiments.Tests;

public sealed class ReportNotesTests
{
    [Fact]
    public void Other_accuracies_before_training_and_warnings_are_noted()
    {
        using var temporary = new TemporaryFolder();
        var folder = new ExperimentFolder(temporary.Path);
        Runs.Write(folder, Runs.Result("uniform", 1, 0.30), Runs.Result("uniform", 2, 0.40) with { Before = new Accuracy(0.41, 0.2) });
        File.WriteAllLines(folder.Run("uniform", 1).LogFile, ["Warning: 31 of 64 were cut", "Warning: 33 of 64 were cut", "said"]);
        File.WriteAllLines(folder.Run("uniform", 2).LogFile, ["Warning: 40 of 64 were cut", "Warning: nothing is learnt"]);
        using var output = new StringWriter();
        Report.Write(folder, "uniform", output);
        output.ToString().Should()
            .Contain("20.0 % sampled and 40.0 % greedy of uniform-1; 20.0 % sampled and 41.0 % greedy of uniform-2.")
            .And.Contain("\n- 2 runs, uniform-1/log.txt: 31 of 64 were cut\n- 1 run, uniform-2/log.txt: nothing is learnt\n");
    }
}
