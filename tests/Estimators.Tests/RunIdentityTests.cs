using System.Text.Json.Nodes;
using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class RunIdentityTests : CheckpointFixture
{
    [Fact]
    public void A_run_is_not_resumed_to_fewer_steps_than_it_has()
    {
        Train(Options(steps: 4));
        FluentActions.Invoking(() => Train(Options(steps: 3, resume: true)))
            .Should().Throw<InvalidOperationException>().WithMessage("*is 4 steps long already, and Steps is 3*");
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_with_all_that_differs()
    {
        Train(Options(steps: 2));
        FluentActions.Invoking(() => Train(Options(steps: 2, resume: true, learningRate: 0.5, seed: 4))).Should().Throw<InvalidOperationException>()
            .WithMessage("*is a checkpoint of another run*LearningRate was 0.001, and is 0.5*Seed was 1, and is 4*");
        using CausalLanguageModel other = TinyModels.Create(seed: 9);
        FluentActions.Invoking(() => Ml.Policies.Trainers.PolicyOptimization(other, Reward(), Options(steps: 2, resume: true)).Fit(Prompts))
            .Should().Throw<InvalidOperationException>().WithMessage("*the model that training began with*");
        FluentActions
            .Invoking(() => Ml.Policies.Trainers.PolicyOptimization(Model, Reward(), Options(steps: 2, resume: true))
                .Fit(Ml.Data.LoadFromEnumerable(PromptRow.Make(5))))
            .Should().Throw<InvalidOperationException>().WithMessage("*the data (its fingerprint)*");
        IDataView otherAnswers = Ml.Data.LoadFromEnumerable(PromptRow.Make(20).Select(row => new PromptRow { Prompt = row.Prompt, Wanted = row.Wanted + 1 }));
        FluentActions.Invoking(() => Ml.Policies.Trainers.PolicyOptimization(Model, Reward(), Options(steps: 2, resume: true)).Fit(otherAnswers))
            .Should().Throw<InvalidOperationException>().WithMessage("*the data (its fingerprint)*", "the reward reads the other columns");
        FluentActions
            .Invoking(() => Ml.Policies.Trainers.PolicyOptimization(Model, Reward(), Options(steps: 2, resume: true) with { EvaluateEvery = 1 })
                .Fit(Prompts, Prompts))
            .Should().Throw<InvalidOperationException>().WithMessage("*the validation data (its fingerprint) was not there*EvaluateEvery was null, and is 1*");
    }

    [Fact]
    public void A_run_that_came_to_no_checkpoint_is_compared_before_anything_of_it_goes()
    {
        Train(Options(steps: 2));
        Directory.Delete(Path.Combine(Output, "checkpoint-000002"), recursive: true);
        string[] files = ["run.json", "metrics.jsonl"], before = Texts();
        FluentActions.Invoking(() => Train(Options(steps: 2, resume: true, seed: 4))).Should().Throw<InvalidOperationException>()
            .WithMessage("*run.json' is that of another run: Seed was 1, and is 4. *");
        Texts().Should().Equal(before);
        Train(Options(steps: 3, resume: true)).ShouldEqual(Train(Options(steps: 3, folder: null)));

        string[] Texts() => [.. files.Select(file => File.ReadAllText(Path.Combine(Output, file)))];
    }

    [Theory]
    [InlineData("{\"Trainer\": \"Poli")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    public void A_description_that_cannot_be_read_is_named_and_left_alone(string text)
    {
        Directory.CreateDirectory(Output);
        string path = Path.Combine(Output, "run.json");
        File.WriteAllText(path, text);
        FluentActions.Invoking(() => Train(Options(resume: true)))
            .Should().Throw<InvalidDataException>().WithMessage("*run.json' cannot be read*another folder*");
        File.ReadAllText(path).Should().Be(text);
    }

    [Fact]
    public void Options_that_a_checkpoint_does_not_know_yet_were_as_they_are_by_default()
    {
        Train(Options(steps: 2));
        string path = Path.Combine(Output, "checkpoint-000002", "trainer_state.json");
        JsonNode state = JsonNode.Parse(File.ReadAllText(path))!;
        state["Run"]!.AsObject().Remove("Started").Should().BeTrue();
        JsonObject options = state["Run"]!["Options"]!.AsObject();
        options.Remove("EvaluateAtStart").Should().BeTrue();
        options["Loss"]!.AsObject().Remove("Epsilon").Should().BeTrue();
        File.WriteAllText(path, state.ToJsonString());
        FluentActions.Invoking(() => Train(Options(steps: 3, resume: true) with { Loss = new PolicyLossOptions { Epsilon = 0.3 } }))
            .Should().Throw<InvalidOperationException>().WithMessage("*another run: Loss.Epsilon was 0.2, and is 0.3. *");
        Train(Options(steps: 3, resume: true)).ShouldEqual(Train(Options(steps: 3, folder: null)));
    }

    [Theory]
    [InlineData("sampled")]
    [InlineData("recorded")]
    [InlineData("supervised")]
    public void A_run_whose_prompts_tell_the_time_goes_on_with_the_time_at_which_it_began(string kind)
    {
        // No two runs begin in the same microsecond; the tokenizer knows three digits.
        const string digits = "replace('0','a')|replace('4','b')|replace('5','c')|replace('6','d')|replace('7','e')|replace('8','+')|replace('9','=')";
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer(chatTemplate: "{{ strftime_now('%f')|" + digits + " }} {{ messages[0].content }}=");
        const string prompt = """[{"role":"user","content":"1 + 1"}]""";
        IDataView rows = Ml.Data.LoadFromEnumerable(
            [new { Prompt = prompt, Response = "2", Reward = 1f, Group = 0 }, new { Prompt = prompt, Response = "3", Reward = 0f, Group = 0 }]);
        string there = Path.Combine(Folder.Path, "there"), elsewhere = Path.Combine(Folder.Path, "elsewhere");

        Fit(there, steps: 1);
        Fit(elsewhere, steps: 1);
        Data(elsewhere).Should().NotBe(Data(there));
        Fit(there, steps: 2).Select(step => step.Step).Should().Equal(2);

        string Data(string folder) => (string)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "run.json")))!["Data"]!;

        ProgressList Fit(string folder, int steps)
        {
            var told = new ProgressList();
            PolicyOptimizationOptions options = Options(steps, resume: true) with
            {
                OutputFolder = folder,
                PromptFormat = PromptFormat.Messages,
                Progress = told,
                PromptsPerStep = 1,
                Generations = 2,
            };
            IEstimator<PolicyTransformer> trainer = kind switch
            {
                "sampled" => Ml.Policies.Trainers.PolicyOptimization(
                    model, Ml.Transforms.CustomMapping<TextInput, RewardOutput>((row, score) => score.Reward = row.Response.Length, null), options),
                "recorded" => Ml.Policies.Trainers.PolicyOptimization(model, new RecordedRollouts(), options),
                _ => Ml.Policies.Trainers.SupervisedFineTuning(model, new SupervisedFineTuningOptions
                {
                    Steps = steps,
                    Schedule = LearningRateSchedule.Constant,
                    OutputFolder = folder,
                    Resume = true,
                    Progress = told,
                    PromptFormat = PromptFormat.Messages,
                }),
            };
            trainer.Fit(rows).Dispose();
            return told;
        }
    }

    [Fact]
    public void A_run_goes_on_with_what_the_error_that_ended_it_advised()
    {
        int responses = 0;
        // In the third step of 16 responses.
        var reward = Ml.Transforms.CustomMapping<RewardInput, RewardOutput>(
            (row, output) => output.Reward = ++responses > 2 * 16 && row.ResponseTokenIds.Length % 2 == 0
                ? throw new FormatException("no idea")
                : row.ResponseTokenIds[0],
            null);
        FluentActions.Invoking(() => Train(Options(steps: 4), reward))
            .Should().Throw<InvalidOperationException>().WithMessage("*Set MissingReward to LeaveOut*");
        Steps().Should().Equal(2);
        var told = new ProgressList();
        Train(Options(steps: 4, resume: true) with { MissingReward = MissingReward.LeaveOut, NonFinite = NonFiniteUpdate.Skip, Progress = told }, reward);
        told.Select(step => step.Step).Should().Equal(3, 4);
    }

    [Fact]
    public void A_run_that_ran_out_of_memory_goes_on_with_activation_checkpointing_to_the_same_bits()
    {
        Dictionary<string, float[]> expected = Train(Options(steps: 4, folder: null));
        Train(Options(steps: 2));
        Train(Options(steps: 4, resume: true) with { ActivationCheckpointing = true }).ShouldEqual(expected);
    }

    [Fact]
    public void With_a_schedule_the_length_of_a_run_is_part_of_it()
    {
        Train(Options(steps: 2) with { Schedule = LearningRateSchedule.Linear });
        FluentActions.Invoking(() => Train(Options(steps: 4, resume: true) with { Schedule = LearningRateSchedule.Linear }))
            .Should().Throw<InvalidOperationException>().WithMessage("*Steps was 2, and is 4*");
    }

    [Fact]
    public void A_run_may_go_on_for_longer_than_it_was_planned()
    {
        Dictionary<string, float[]> expected = Train(Options(steps: 4, folder: null));
        Train(Options(steps: 2));
        Train(Options(steps: 4, resume: true) with { SamplingBatchSize = 5 }).ShouldEqual(expected);
    }

    [Fact]
    public void A_checkpoint_of_another_version_is_refused()
    {
        Train(Options(steps: 2));
        string path = Path.Combine(Output, "checkpoint-000002", "trainer_state.json");
        JsonNode state = JsonNode.Parse(File.ReadAllText(path))!;
        state["Version"] = 1;
        state.AsObject().Remove("Point");
        File.WriteAllText(path, state.ToJsonString());
        FluentActions.Invoking(() => Train(Options(steps: 3, resume: true)))
            .Should().Throw<InvalidOperationException>().WithMessage("*version is 1, expected 2*");
    }

    [Fact]
    public void What_changes_no_finished_step_may_be_another_and_the_bits_are_the_same()
    {
        IDataView validation = Ml.Data.LoadFromEnumerable(PromptRow.Make(3));
        PolicyOptimizationOptions first = Options(steps: 4) with { EvaluateEvery = 2, EarlyStoppingPatience = 9 };
        Dictionary<string, float[]> expected = Train(first with { OutputFolder = null }, validation: validation);
        using var cancel = new CancellationTokenSource();
        Train(
            first with { CancellationToken = cancel.Token, Progress = new ProgressList(step => { if (step.Step == 2) cancel.Cancel(); }) },
            validation: validation);
        Train(first with
        {
            Resume = true,
            EarlyStoppingPatience = 7,
            CheckpointEvery = 3,
            CheckpointLimit = 1,
            LogSamplesEvery = 1,
            SamplingBatchSize = 5,
            NonFinite = NonFiniteUpdate.Skip,
            MissingReward = MissingReward.LeaveOut,
        }, validation: validation).ShouldEqual(expected);
        Steps().Should().Equal(4);
    }

    [Fact]
    public void Fine_tuning_goes_on_to_the_same_bits_and_may_answer_otherwise()
    {
        IDataView rows = Ml.Data.LoadFromEnumerable(PromptRow.Make(8).Select(row => new { row.Prompt, Response = new[] { 5, row.Wanted, 0 } }));
        var options = new SupervisedFineTuningOptions { Steps = 5, BatchSize = 3, LearningRate = 1e-2, Schedule = LearningRateSchedule.Constant, Seed = 4 };
        Dictionary<string, float[]> expected = Tune(options), inOrder = Tune(options with { Shuffle = false });
        inOrder.ShouldDiffer(expected);
        Tune(options with { Steps = 2, OutputFolder = Output });
        Tune(options with { OutputFolder = Output, Resume = true, Generation = new GenerationOptions { MaxNewTokens = 3 } }).ShouldEqual(expected);
        FluentActions.Invoking(() => Tune(options with { OutputFolder = Output, Resume = true, Shuffle = false }))
            .Should().Throw<InvalidOperationException>().WithMessage("*another run: Shuffle was true, and is false*");
        Tune(options with { OutputFolder = Output, Resume = true, GradientAccumulationSteps = 3 }).ShouldEqual(expected);
        // Dropout leaves out other things in each part.
        SupervisedFineTuningOptions dropping = options with { OutputFolder = Output + "-dropout", Lora = new LoraOptions { Dropout = 0.1 } };
        Tune(dropping);
        FluentActions.Invoking(() => Tune(dropping with { Resume = true, GradientAccumulationSteps = 3 }))
            .Should().Throw<InvalidOperationException>().WithMessage("*another run: GradientAccumulationSteps was 1, and is 3*");

        Dictionary<string, float[]> Tune(SupervisedFineTuningOptions tuning)
        {
            using PolicyTransformer policy = Ml.Policies.Trainers.SupervisedFineTuning(Model, tuning).Fit(rows);
            return TinyModels.Snapshot(policy.Model);
        }
    }

    private sealed class TextInput
    {
        public string Response { get; set; } = "";
    }
}
