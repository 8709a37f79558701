using System.Text.Json.Nodes;
using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class CheckpointTests : CheckpointFixture
{
    [Theory]
    [InlineData(RhythmPassKind.Separate, 2, 0)]
    [InlineData(RhythmPassKind.Fused, 1, 0)]
    [InlineData(RhythmPassKind.Fused, 1, 2)]
    public void A_run_that_was_cut_anywhere_ends_with_the_bits_of_an_undisturbed_one(RhythmPassKind pass, int miniBatches, int resamplingRounds)
    {
        PolicyOptimizationOptions Options(
            CancellationToken cancellation = default, IProgress<TrainingProgress>? progress = null,
            bool resume = false, bool writes = true) => new()
            {
                Steps = 7,
                PromptsPerStep = 4,
                Generations = 4,
                MaxNewTokens = 12,
                MiniBatches = miniBatches,
                LearningRate = 5e-3,
                Schedule = LearningRateSchedule.Linear,
                WarmupSteps = 2,
                Seed = 5,
                RhythmPass = pass,
                HeadGroupsEvery = 2,
                ResamplingRounds = resamplingRounds,
                Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
                OutputFolder = writes ? Output : null,
                CheckpointEvery = 3,
                Resume = resume,
                Progress = progress,
                CancellationToken = cancellation,
            };
        var whole = new ProgressList();
        Dictionary<string, float[]> expected = Train(Options(progress: whole, writes: false));
        var rest = new ProgressList();
        foreach (int cut in new[] { 2, 4, 5 })
        {
            using var cancel = new CancellationTokenSource();
            Train(Options(cancel.Token, new ProgressList(progress => { if (progress.Step == cut) cancel.Cancel(); }), resume: cut > 2));
            Steps().Max().Should().Be(cut, "a checkpoint is written on cancellation");
        }
        Train(Options(progress: rest, resume: true)).ShouldEqual(expected);
        rest.Select(step => step.Step).Should().Equal(6, 7);
        foreach (string name in new[] { "reward", "loss", "grad_norm", "learning_rate", "num_tokens", "credit/mean", "credit/head_turnover" })
            rest[^1].Metrics[name].Should().Be(whole[^1].Metrics[name], name);
        Train(Options(resume: true)).ShouldEqual(expected);
    }

    [Fact]
    public void The_last_checkpoints_are_kept_and_each_is_aFolder_that_loads_as_aModel()
    {
        Dictionary<string, float[]> trained = Train(Options(steps: 7));
        Steps().Should().Equal(6, 7);
        using CausalLanguageModel loaded = CausalLanguageModel.FromPretrained(Path.Combine(Output, "checkpoint-000007"));
        TinyModels.Snapshot(loaded).ShouldEqual(trained);
        Directory.EnumerateFileSystemEntries(Output, ".incomplete*").Should().BeEmpty();
    }

    [Fact]
    public void A_reward_that_is_fitted_in_training_is_fitted_on_the_same_responses_again()
    {
        // Rewards are divided by the largest of the first step: another fit gives other advantages with scale None.
        IEstimator<ITransformer> reward = Ml.Transforms.CustomMapping<RewardInput, Length>((row, length) => length.Reward = row.ResponseTokenIds.Length, null)
            .Append(Ml.Transforms.NormalizeMinMax("Reward"));
        PolicyOptimizationOptions Scaled(bool resume, string? folder, int steps) => new()
        {
            Steps = steps,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 12,
            LearningRate = 1e-2,
            Seed = 3,
            ScaleRewards = RewardScale.None,
            Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
            OutputFolder = folder,
            Resume = resume,
        };
        Dictionary<string, float[]> expected = Train(Scaled(resume: false, folder: null, steps: 5), reward);
        Train(Scaled(resume: false, Output, steps: 2), reward);
        Train(Scaled(resume: true, Output, steps: 5), reward).ShouldEqual(expected);
    }

    [Theory]
    [InlineData(true, false, 0.2)]
    [InlineData(true, true, 0)]
    [InlineData(false, true, 0)]
    public void Adapters_and_bfloat16_computing_resume_to_the_same_bits_too(bool adapter, bool bf16, double dropout)
    {
        PolicyOptimizationOptions Adapted(int steps, bool resume, string? folder) => new()
        {
            Steps = steps,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 12,
            LearningRate = 1e-2,
            Seed = 2,
            MiniBatches = 2,
            Bf16 = bf16,
            OutputFolder = folder,
            Resume = resume,
            ActivationCheckpointing = adapter,
            Lora = adapter ? new LoraOptions { Rank = 2, Dropout = dropout, TargetModules = LoraOptions.AllLinear } : null,
            Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
        };
        string expected = Fingerprint(Adapted(5, resume: false, folder: null));
        Fingerprint(Adapted(3, resume: false, Output)).Should().NotBe(expected);
        Fingerprint(Adapted(5, resume: true, Output)).Should().Be(expected);
        if (!adapter) return;
        using CausalLanguageModel loaded = Model.WithAdapter(Path.Combine(Output, "checkpoint-000005"));
        loaded.Fingerprint.Should().Be(expected, "a checkpoint of an adapter is a folder as PEFT writes it");
    }

    [Fact]
    public void AFolder_with_a_run_is_refused_unless_it_is_resumed()
    {
        Train(Options(steps: 2));
        FluentActions.Invoking(() => Train(Options(steps: 2)))
            .Should().Throw<InvalidOperationException>().WithMessage("*holds a run with a checkpoint after step 2*Set Resume*");
    }

    [Theory]
    [InlineData("metrics.jsonl", false)]
    [InlineData("samples.jsonl", false)]
    [InlineData("checkpoint-000500/config.json", false)]
    [InlineData("metrics.jsonl", true)]
    [InlineData("samples.jsonl", true)]
    public void What_a_run_would_take_the_place_of_is_left_alone(string file, bool resume)
    {
        string path = Path.Combine(Output, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "{\"step\":1,\"reward\":9}\n");
        FluentActions.Invoking(() => Train(Options(resume: resume)))
            .Should().Throw<InvalidOperationException>().WithMessage($"*holds {file.Split('/')[0]}, *no run.json*another folder*");
        File.ReadAllText(path).Should().Be("{\"step\":1,\"reward\":9}\n");
    }

    [Fact]
    public void ACheckpoint_says_itself_which_run_it_is_of()
    {
        Train(Options(steps: 2));
        File.Delete(Path.Combine(Output, "run.json"));
        Train(Options(steps: 3, resume: true)).ShouldEqual(Train(Options(steps: 3, folder: null)));
    }

    [Fact]
    public void Two_runs_cannot_share_aFolder()
    {
        using var folder = OutputFolder.Open(Output, resume: false);
        FluentActions.Invoking(() => Train(Options())).Should().Throw<IOException>().WithMessage("*in use by another run*");
    }

    [Fact]
    public void A_refused_run_leaves_the_description_of_the_other_alone()
    {
        Train(Options(steps: 2));
        string before = File.ReadAllText(Path.Combine(Output, "run.json"));
        FluentActions.Invoking(() => Train(Options(steps: 2, resume: true, seed: 4))).Should().Throw<InvalidOperationException>();
        File.ReadAllText(Path.Combine(Output, "run.json")).Should().Be(before);
    }

    [Fact]
    public void A_reward_that_fails_costs_the_step_and_not_those_before()
    {
        int responses = 0;
        var failing = Ml.Transforms.CustomMapping<RewardInput, RewardOutput>(
            (row, output) => output.Reward = ++responses > 3 * 16 ? throw new FormatException("no idea") : row.ResponseTokenIds[0], null);
        PolicyOptimizationOptions options = Options(steps: 6) with { CheckpointEvery = 50 };
        FluentActions.Invoking(() => Train(options, failing)).Should().Throw<InvalidOperationException>().WithMessage("*no idea*");
        Steps().Should().Equal(3);
        var reward = Ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) => output.Reward = row.ResponseTokenIds[0], null);
        Train(options with { Resume = true }, reward).ShouldEqual(Train(options with { OutputFolder = null }, reward));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_evaluation_that_fails_or_is_cancelled_costs_no_step(bool cancels)
    {
        IDataView validation = Ml.Data.LoadFromEnumerable(PromptRow.Make(3));
        int responses = 0;
        using var cancel = new CancellationTokenSource();
        var reward = Ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) => output.Reward = row.ResponseTokenIds[0], null);
        // Four steps of 16 responses with an evaluation of 3 after the second; then one of the evaluation after the fourth.
        var failing = Ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) =>
        {
            output.Reward = row.ResponseTokenIds[0];
            if (++responses <= 4 * 16 + 3) return;
            cancel.Cancel();
            throw cancels ? new OperationCanceledException(cancel.Token) : new FormatException("no idea");
        }, null);
        PolicyOptimizationOptions options = Options(steps: 6) with { CheckpointEvery = 50, EvaluateEvery = 2, KeepBest = true, LogSamplesEvery = 2 };
        Action cut = () => Train(options with { CancellationToken = cancels ? cancel.Token : default }, failing, validation);
        if (cancels) cut.Should().NotThrow();
        else cut.Should().Throw<InvalidOperationException>().WithMessage("*no idea*");
        Steps().Should().Equal(4);

        Dictionary<string, float[]> expected = Train(options with { OutputFolder = Output + "-whole" }, reward, validation);
        // Twice, the first time without having reached a checkpoint: the evaluation is made again, and told once.
        using var again = new CancellationTokenSource();
        Train(options with { Resume = true, CancellationToken = again.Token, Progress = new ProgressList(step => again.Cancel()) }, reward, validation);
        Train(options with { Resume = true }, reward, validation).ShouldEqual(expected);
        foreach (string file in new[] { RunFiles.Metrics, RunFiles.Samples }) Told(Output, file).Should().Equal(Told(Output + "-whole", file));
    }

    [Fact]
    public void A_run_whose_last_evaluation_was_made_later_is_whole_and_tells_nothing_twice()
    {
        IDataView validation = Ml.Data.LoadFromEnumerable(PromptRow.Make(3));
        int responses = 0;
        var failing = Ml.Transforms.CustomMapping<RewardInput, RewardOutput>(
            (row, output) => output.Reward = ++responses > 2 * 16 ? throw new FormatException("no idea") : row.ResponseTokenIds[0], null);
        PolicyOptimizationOptions options = Options(steps: 2) with { EvaluateEvery = 2, KeepBest = true };
        FluentActions.Invoking(() => Train(options, failing, validation)).Should().Throw<InvalidOperationException>();
        var told = new ProgressList();
        for (int resumed = 0; resumed < 2; resumed++) Train(options with { Resume = true, Progress = told }, null, validation);
        told.Should().ContainSingle().Which.Metrics.Keys.Should().Contain("eval_reward");
        Directory.EnumerateDirectories(Output).Select(Path.GetFileName).Should().Equal("checkpoint-000002");
        File.Exists(Path.Combine(Output, "checkpoint-000002", "best.safetensors")).Should().BeTrue();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_checkpoint_that_was_being_replaced_when_the_run_was_killed_is_there_again(bool replaced, bool halfWritten)
    {
        Train(Options(steps: 2));
        string place = Path.Combine(Output, "checkpoint-000002"),
            before = Path.Combine(Output, ".replaced-checkpoint-000002"),
            after = Path.Combine(Output, ".incomplete-checkpoint-000002");
        if (replaced || halfWritten)
            File.WriteAllText(Path.Combine(Directory.CreateDirectory(replaced ? before : after).FullName, "config.json"), "half of one");
        if (!replaced) Directory.Move(place, before);
        Train(Options(steps: 3, resume: true)).ShouldEqual(Train(Options(steps: 3, folder: null)));
        Directory.EnumerateDirectories(Output, ".*").Should().BeEmpty();
    }

    [Fact]
    public void What_a_killed_run_left_half_written_beside_its_files_is_removed()
    {
        Train(Options(steps: 2));
        string[] left = [.. new[] { RunFiles.Run, RunFiles.Metrics, RunFiles.Samples }.Select(file => Path.Combine(Output, $"{file}.a1b2c3d4.e5f.tmp"))];
        foreach (string file in left) File.WriteAllText(file, "half");
        Train(Options(steps: 3, resume: true));
        left.Where(File.Exists).Should().BeEmpty();
    }

    [Fact]
    public void A_half_written_checkpoint_is_none_and_is_removed()
    {
        Train(Options(steps: 2));
        string half = Path.Combine(Output, ".incomplete-checkpoint-000003");
        Directory.CreateDirectory(half);
        File.WriteAllText(Path.Combine(half, "model.safetensors"), "half");
        Train(Options(steps: 3, resume: true)).ShouldEqual(Train(Options(steps: 3, folder: null)));
        Directory.Exists(half).Should().BeFalse();
    }

    [Theory]
    [InlineData("trainer_state.json", "trainer_state.json*cannot be read")]
    [InlineData("optimizer.safetensors", "optimizer.safetensors")]
    [InlineData("model.safetensors", "model.safetensors")]
    public void A_damaged_file_of_a_checkpoint_is_named_and_what_to_do(string file, string message)
    {
        Train(Options(steps: 4));
        string last = Path.Combine(Output, "checkpoint-000004"), path = Path.Combine(last, file);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^7]);
        FluentActions.Invoking(() => Train(Options(steps: 5, resume: true)))
            .Should().Throw<InvalidDataException>().WithMessage($"*{message}*Remove '*checkpoint-000004' to go on from 'checkpoint-000002'.");
        File.Delete(path);
        FluentActions.Invoking(() => Train(Options(steps: 5, resume: true)))
            .Should().Throw<InvalidDataException>().WithMessage($"*{file}*Remove '*checkpoint-000004' to go on from 'checkpoint-000002'.");
        Directory.Delete(Path.Combine(Output, "checkpoint-000002"), recursive: true);
        FluentActions.Invoking(() => Train(Options(steps: 5, resume: true)))
            .Should().Throw<InvalidDataException>().WithMessage("*Remove '*checkpoint-000004' to begin again with the first step.");
    }

    [Fact]
    public void A_run_that_has_begun_and_has_no_checkpoint_says_that_it_begins_again()
    {
        var warnings = new List<string>();
        Ml.Log += (_, entry) => { if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(entry.Message); };
        Train(Options(steps: 2, resume: true));
        warnings.Should().NotContain(warning => warning.Contains("begins again", StringComparison.Ordinal), "it begins");
        Directory.Delete(Path.Combine(Output, "checkpoint-000002"), recursive: true);
        Train(Options(steps: 2, resume: true));
        warnings.Should().ContainSingle(warning => warning.Contains("has no checkpoint to go on from: it begins again", StringComparison.Ordinal));
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_costs_a_warning_and_not_the_training()
    {
        var warnings = new List<string>();
        Ml.Log += (_, entry) => { if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(entry.Message); };
        // A file where the checkpoint's folder must go, as a full disk would, stops it from being written.
        Directory.CreateDirectory(Output);
        File.WriteAllText(Path.Combine(Output, "checkpoint-000002"), "");
        Train(Options(steps: 2)).ShouldEqual(Train(Options(steps: 2, folder: null)));
        warnings.Should().Contain(warning => warning.Contains("The checkpoint after step 2 could not be written", StringComparison.Ordinal));
        Directory.EnumerateDirectories(Output).Should().BeEmpty();
    }

    [Fact]
    public void No_tensor_stays_behind_when_a_run_is_resumed()
    {
        Train(Options(steps: 1));
        long before = LiveTensors.Settle();
        Train(Options(steps: 2, resume: true));
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void The_files_of_a_run_tell_each_step_once_however_often_it_was_cut()
    {
        PolicyOptimizationOptions Logged(int steps, bool resume) => new()
        {
            Steps = steps,
            PromptsPerStep = 4,
            Generations = 3,
            MaxNewTokens = 12,
            Seed = 1,
            CheckpointEvery = 3,
            OutputFolder = Output,
            Resume = resume,
            LogSamplesEvery = 2,
        };
        Train(Logged(3, resume: false));
        File.AppendAllText(Path.Combine(Output, "metrics.jsonl"), "{\"step\":4,\"reward\":9}\n{\"step\":5,\"rew");
        Train(Logged(5, resume: true));
        IReadOnlyList<(int Step, IReadOnlyDictionary<string, double> Metrics)> metrics = MetricsFile.Read(Path.Combine(Output, "metrics.jsonl"));
        metrics.Select(line => line.Step).Should().Equal(1, 2, 3, 4, 5);
        metrics[3].Metrics["reward"].Should().NotBe(9);
        JsonNode[] samples = [.. File.ReadLines(Path.Combine(Output, "samples.jsonl")).Select(line => JsonNode.Parse(line)!)];
        samples.Select(sample => sample["step"]!.GetValue<int>()).Should().Equal(1, 1, 1, 2, 2, 2, 4, 4, 4);
        samples.Should().OnlyContain(sample =>
            sample["tokens"]!.AsArray().Count == sample["role"]!.AsArray().Count
            && sample["tokens"]!.AsArray().Count == sample["credit"]!.AsArray().Count);
        Directory.EnumerateFiles(Output, "events.out.tfevents.*").Should().HaveCount(2);
    }

    /// <summary>The lines of a file without what the clock says.</summary>
    private static IEnumerable<string> Told(string folder, string file) => File.ReadLines(Path.Combine(folder, file)).Select(line =>
    {
        JsonObject told = JsonNode.Parse(line)!.AsObject();
        foreach (string name in told.Select(entry => entry.Key).Where(name => name.Contains("time", StringComparison.Ordinal)).ToArray()) told.Remove(name);
        return told.ToJsonString();
    });

    private string Fingerprint(PolicyOptimizationOptions options)
    {
        using PolicyTransformer policy = Ml.Policies.Trainers.PolicyOptimization(Model, Reward(), options).Fit(Prompts);
        return policy.Model.Fingerprint;
    }

    private sealed class Length
    {
        public float Reward { get; set; }
    }
}
