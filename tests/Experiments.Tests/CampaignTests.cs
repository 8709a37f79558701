using System.Diagnostics;
using System.Text.Json;

namespace MLNetAttn.Experiments.Tests;

public sealed class CampaignTests
{
    [Fact]
    public async Task Runs_end_once_with_equal_bits_and_a_table()
    {
        using var folder = new TemporaryFolder();
        (int code, string output, string errors) = await Kit.RunAsync(
            ["run", folder.File("a"), "--strategies", "uniform,coupled,flow", "--seeds", "1-2", "--workers", "2", "--steps", "2", .. Kit.Tiny]);
        code.Should().Be(0, errors + output);
        output.Should().Contain("6 of 6").And.Contain("| coupled | 2 |")
            .And.Contain("Measuring the model before training …").And.Contain("Before training: sampled ").And.NotContain("Cancelled");
        var experiment = new ExperimentFolder(folder.File("a"));
        experiment.Results().Select(run => (run.Arm, run.Seed))
            .Should().Equal(("uniform", 1), ("coupled", 1), ("flow", 1), ("uniform", 2), ("coupled", 2), ("flow", 2));
        JsonElement configuration = JsonDocument.Parse(
            await File.ReadAllTextAsync(experiment.Run("coupled", 2).ConfigurationFile, TestContext.Current.CancellationToken)).RootElement;
        configuration.GetProperty("credit").GetProperty("strategy").GetString().Should().Be("Coupled");
        configuration.GetProperty("settings").GetProperty("steps").GetInt32().Should().Be(2);
        configuration.GetProperty("model_fingerprint").GetString().Should().HaveLength(64);
        File.ReadAllLines(experiment.Run("coupled", 2).MetricsFile).Should().HaveCount(2);

        // A run that was cut has no result: it alone is done again, and gives the same policy.
        RunResult before = ExperimentFolder.Read<RunResult>(experiment.Run("coupled", 1).ResultFile);
        DateTime other = File.GetLastWriteTimeUtc(experiment.Run("uniform", 1).ResultFile);
        File.Delete(experiment.Run("coupled", 1).ResultFile);
        (code, output, _) = await Kit.RunAsync(
            ["run", folder.File("a"), "--strategies", "uniform,coupled,flow", "--seeds", "1-2", "--steps", "2", .. Kit.Tiny]);
        code.Should().Be(0);
        output.Should().Contain("5 of 6 runs have ended");
        ExperimentFolder.Read<RunResult>(experiment.Run("coupled", 1).ResultFile).Fingerprint.Should().Be(before.Fingerprint);
        File.GetLastWriteTimeUtc(experiment.Run("uniform", 1).ResultFile).Should().Be(other);

        (code, _, errors) = await Kit.RunAsync(["run", folder.File("a"), "--learning-rate", "0.5", "--steps", "2", .. Kit.Tiny]);
        code.Should().Be(1);
        errors.Should().Contain("begun with other settings").And.Contain("--learning-rate 0.0002");

        // What is not given is as before: more seeds of the same are asked for by their numbers alone.
        (code, output, errors) = await Kit.RunAsync(["run", folder.File("a"), "--strategies", "coupled,uniform", "--seeds", "2-3"]);
        code.Should().Be(0, errors + output);
        output.Should().Contain("2 of 4 runs have ended").And.Contain("min left");
        RunFolder added = experiment.Run("uniform", 3);
        (added.HasEnded, added.Origin!.Settings.Steps, added.Origin.Settings.PromptsPerStep).Should().Be((true, 2, 2));
        (code, output, _) = await Kit.RunAsync(["report", folder.File("a"), "--baseline", "coupled"]);
        code.Should().Be(0);
        output.Should().Contain("| − coupled |").And.Contain("209216 parameters, SHA-256").And.Contain("Library of all runs: ");
    }

    [Fact]
    public async Task A_run_that_is_killed_goes_on_from_its_checkpoint_to_the_same_policy()
    {
        using var folder = new TemporaryFolder();
        string[] options = ["--strategies", "coupled", "--seeds", "3", "--steps", "24", "--checkpoint-every", "2", .. Kit.Tiny];
        (await Kit.RunAsync(["run", folder.File("whole"), .. options])).Code.Should().Be(0);
        ExperimentFolder whole = new(folder.File("whole")), cut = new(folder.File("cut"));
        Directory.CreateDirectory(cut.Path);
        foreach (string file in (string[])[whole.SettingsFile, whole.BeforeTrainingFile]) File.Copy(file, cut.In(Path.GetFileName(file)));

        using (Process worker = Process.Start(Kit.Executable, ["worker", "run", cut.Path, "coupled", "3"]))
        {
            string place = cut.Run("coupled", 3).Path;
            while (!worker.HasExited && !(Directory.Exists(place) && Directory.EnumerateDirectories(place, "checkpoint-*").Any()))
                await Task.Delay(2, TestContext.Current.CancellationToken);
            worker.Kill();
            await worker.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        cut.Run("coupled", 3).HasEnded.Should().BeFalse();
        File.ReadAllText(cut.Run("coupled", 3).MetricsFile).Count(character => character == '\n').Should().BeInRange(2, 23);

        (await Kit.RunAsync(["run", cut.Path, .. options])).Code.Should().Be(0);
        cut.Results().Single().Fingerprint.Should().Be(whole.Results().Single().Fingerprint);
        cut.Results().Single().LastThirdReward.Should().Be(whole.Results().Single().LastThirdReward);
        cut.Results().Single().LastThirdClipped.Should().Be(whole.Results().Single().LastThirdClipped);
        cut.Run("coupled", 3).RequireMetrics(24, "reward")["reward"].Should().HaveCount(24);
        (cut.Results().Single().Processes.Count, cut.Results().Single().ProcessorSeconds).Should().Be((2, null), "the first did not say what it took");
        whole.Results().Single().ProcessorSeconds.Should().BePositive();
        Directory.EnumerateDirectories(cut.Run("coupled", 3).Path).Should().BeEmpty("nothing goes on from a run that has ended");
    }

    [Fact]
    public async Task A_terminals_interrupt_ends_a_campaign_and_its_runs_and_none_of_them_counts_as_failed()
    {
        using var folder = new TemporaryFolder();
        ProcessStartInfo start = Interruptible.Start(
            "setsid", [Kit.Executable, "run", folder.File("a"), "--strategies", "uniform", "--seeds", "1", "--steps", "5000", .. Kit.Tiny]);
        using Process campaign = Process.Start(start)!;
        string begun = new ExperimentFolder(folder.File("a")).Run("uniform", 1).MetricsFile;
        while (!campaign.HasExited && !File.Exists(begun)) await Task.Delay(20, TestContext.Current.CancellationToken);
        // The group, as a terminal does.
        using (Process kill = Process.Start("kill", ["-INT", "--", $"-{campaign.Id}"])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        string output = await campaign.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken),
            errors = await campaign.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await campaign.WaitForExitAsync(TestContext.Current.CancellationToken);
        campaign.ExitCode.Should().Be(130);
        errors.Trim().Should().Be("Cancelled; the same command goes on with the runs that have not ended.");
        output.Should().Contain("0 of 1 runs have ended").And.NotContain("failed");
    }

    [Fact]
    public async Task A_folder_that_is_being_worked_on_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        using FileStream taken = new ExperimentFolder(folder.Path).Take();
        (int code, _, string errors) = await Kit.RunAsync(["run", folder.Path, .. Kit.Tiny]);
        code.Should().Be(1);
        errors.Should().Contain("Another process").And.Contain("campaign.lock");
    }

    [Fact]
    public async Task Settings_may_be_corrected_while_no_run_has_anything_to_show_for_them()
    {
        using var folder = new TemporaryFolder();
        var experiment = new ExperimentFolder(folder.Path);
        // What Ctrl-C leaves: settings and an accuracy, or a run that was cut before its first checkpoint.
        ExperimentFolder.Write(experiment.SettingsFile, new ExperimentSettings { Steps = 60 });
        ExperimentFolder.Write(experiment.BeforeTrainingFile, new RunStart(0.75, 0.75, Fingerprints: null));
        Directory.CreateDirectory(experiment.Run("uniform", 1).Path);
        (int code, _, string errors) = await Kit.RunAsync(["run", folder.Path, "--strategies", "uniform", "--seeds", "1", "--steps", "1", .. Kit.Tiny]);
        code.Should().Be(0, errors);
        ExperimentFolder.Read<ExperimentSettings>(experiment.SettingsFile).Steps.Should().Be(1);
        RunStart start = ExperimentFolder.Read<RunStart>(experiment.BeforeTrainingFile);
        start.Fingerprints!.Model.Should().HaveLength(64);
        experiment.Results().Single().Before.Should().Be(start.Accuracy);
    }

    [Fact]
    public async Task A_run_that_was_cut_before_its_first_checkpoint_is_no_other_run_when_settings_are_corrected()
    {
        using var folder = new TemporaryFolder();
        var experiment = new ExperimentFolder(folder.Path);
        await CutAsync(experiment, "run.json", "--learning-rate", "0.5", "--steps", "5000", "--checkpoint-every", "5000");
        experiment.Run("uniform", 1).Checkpoints().Should().BeEmpty();
        Directory.CreateDirectory(experiment.In("notes-1"));
        (int code, string output, string errors) = await Kit.RunAsync(
            ["run", folder.Path, "--strategies", "uniform", "--seeds", "1", "--steps", "1", .. Kit.Tiny]);
        code.Should().Be(0, errors + output);
        Directory.Exists(experiment.In("notes-1")).Should().BeTrue("it is no run's");
    }

    [Fact]
    public async Task Memory_that_ran_out_may_be_saved_and_files_may_have_moved_where_a_run_goes_on()
    {
        using var folder = new TemporaryFolder();
        var experiment = new ExperimentFolder(folder.File("a"));
        string model = Repository.Path("models", "countdown"), moved = folder.File("moved");
        await CutAsync(experiment, "checkpoint-*", "--model", model, "--steps", "40", "--checkpoint-every", "1");
        Directory.CreateDirectory(moved);
        foreach (string file in Directory.EnumerateFiles(model)) File.Copy(file, Path.Combine(moved, Path.GetFileName(file)));
        string[] run = ["run", experiment.Path, "--strategies", "uniform", "--seeds", "1", "--steps", "40"];
        (int code, string output, string errors) = await Kit.RunAsync(
            [.. run, "--model", moved, "--sampling-batch", "2", "--checkpoint-every", "20", "--activation-checkpointing", .. Kit.Tiny]);
        code.Should().Be(0, errors + output);
        ExperimentFolder.Read<ExperimentSettings>(experiment.SettingsFile).SamplingBatchSize.Should().Be(2, "runs use what was said last");
        (code, _, errors) = await Kit.RunAsync([.. run, "--model", moved, "--threads", "2", .. Kit.Tiny]);
        code.Should().Be(1);
        errors.Should().Contain("where they are left out: --threads 1.");
    }

    [Fact]
    public async Task What_is_left_of_a_run_that_has_ended_is_deleted()
    {
        using var folder = new TemporaryFolder();
        var experiment = new ExperimentFolder(folder.Path);
        string[] run = ["run", folder.Path, "--strategies", "uniform", "--seeds", "1", "--steps", "1", .. Kit.Tiny];
        (await Kit.RunAsync(run)).Code.Should().Be(0);
        // A kill between the result and the deletion.
        Directory.CreateDirectory(Path.Combine(experiment.Run("uniform", 1).Path, "checkpoint-000010"));
        (await Kit.RunAsync(run)).Code.Should().Be(0);
        experiment.Run("uniform", 1).Checkpoints().Should().BeEmpty();
    }

    /// <summary>Begins seed 1 of uniform credit and kills it as soon as it has written something.</summary>
    private static async Task CutAsync(ExperimentFolder folder, string written, params string[] options)
    {
        string[] command = ["run", folder.Path, "--strategies", "uniform", "--seeds", "1", .. options, .. Kit.Tiny];
        using Process campaign = Process.Start(new ProcessStartInfo(Kit.Executable, command) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string place = folder.Run("uniform", 1).Path;
        while (!campaign.HasExited && !(Directory.Exists(place) && Directory.EnumerateFileSystemEntries(place, written).Any()))
            await Task.Delay(2, TestContext.Current.CancellationToken);
        campaign.HasExited.Should().BeFalse();
        campaign.Kill(entireProcessTree: true);
        await campaign.WaitForExitAsync(TestContext.Current.CancellationToken);
        folder.Run("uniform", 1).HasEnded.Should().BeFalse();
    }

    [Theory]
    [InlineData("result.json")]
    [InlineData("checkpoint-000010/state.json")]
    public void A_result_or_a_checkpoint_is_work(string file)
    {
        using var folder = new TemporaryFolder();
        var experiment = new ExperimentFolder(folder.Path);
        Directory.CreateDirectory(experiment.Run("uniform", 1).Path);
        experiment.HoldsWork.Should().BeFalse();
        string path = Path.Combine(experiment.Run("uniform", 1).Path, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        experiment.HoldsWork.Should().BeTrue();
    }
}
