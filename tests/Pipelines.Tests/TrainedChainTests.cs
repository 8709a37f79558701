using Microsoft.ML;
using MLNetAttn.Estimators;
using MLNetAttn.FreshProcess;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>The method as one chain, with the embedded model: trained, saved, loaded elsewhere.</summary>
public sealed class TrainedChainTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = CausalLanguageModel.FromPretrained(Repository.Path("models", "countdown"));
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_part_of_a_weighted_reward_that_fails_costs_its_response_alone_where_that_is_allowed(bool throws)
    {
        IEstimator<ITransformer> failing = Reward.From<Answer>(row =>
            row.Response.Length % 2 == 1 ? 1
            : throws ? throw new FormatException("no idea.")
            : float.PositiveInfinity);
        IEstimator<ITransformer> reward = _ml.Transforms.WeightedReward((1, _ml.Transforms.CountdownReward()), (1, failing));
        Train(MissingReward.LeaveOut).Should().BeInRange(1, 15, "some of sixteen responses have an even number of characters");
        FluentActions.Invoking(() => Train(MissingReward.Stop)).Should().Throw<InvalidOperationException>().WithMessage(
            $"The reward failed on response * to the prompt of row *: {(throws ? "*no idea. Set" : "Column 'Reward2' holds")}*MissingReward*");

        double Train(MissingReward missing)
        {
            var told = new List<TrainingProgress>();
            _ml.Policies.Trainers.PolicyOptimization(_model, reward, new PolicyOptimizationOptions
            {
                Steps = 1,
                PromptsPerStep = 4,
                Generations = 4,
                MaxNewTokens = 60,
                MissingReward = missing,
                Progress = new Told(told),
            })
                .Fit(_ml.Data.LoadFromEnumerable(Countdown.Generate(8))).Dispose();
            return told[0].Metrics["rewards/left_out"];
        }
    }

    [Fact]
    public async Task A_chain_that_a_trainer_made_gives_identical_outputs_in_a_new_process()
    {
        IDataView problems = _ml.Data.LoadFromEnumerable(Countdown.Generate(8));
        var method = _ml.Policies.Trainers.PolicyOptimization(_model, _ml.Transforms.CountdownReward(), new PolicyOptimizationOptions
        {
            Steps = 2,
            PromptsPerStep = 4,
            Generations = 4,
            MaxNewTokens = 60,
            LearningRate = 1e-3,
            Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 4, MaximumHorizon = 40 },
        })
            .Append(_ml.Transforms.AttentionRhythm())
            .Append(_ml.Transforms.RhythmCredit())
            .Append(_ml.Transforms.CountdownReward());
        var fitted = method.Fit(problems);
        fitted.OfType<PolicyTransformer>().Single().Model.Fingerprint.Should().NotBe(_model.Fingerprint, "it was trained");
        string zip = _folder.File("chain.zip"), rows = _folder.File("rows.idv");
        _ml.Model.SaveAtomically(fitted, problems.Schema, zip);
        using (FileStream stream = File.Create(rows)) _ml.Data.SaveAsBinary(problems, stream);

        string[] printed = await NewProcess.RunAsync(TestContext.Current.CancellationToken, "print", zip, rows);

        printed.Should().Equal(RowPrinter.Print(fitted.Transform(_ml.Data.LoadFromBinary(rows))));
        printed.Should().Contain(line => line.StartsWith("Credit:")).And.Contain(line => line.StartsWith("Reward:"));
    }

    [Fact]
    public void Engines_that_do_not_own_their_transformer_leave_its_model_to_the_others()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Asked { Prompt = "numbers 1 2 3 target 6 :" }]);
        string zip = _folder.File("engines.zip");
        _ml.Model.SaveAtomically(_ml.Transforms.GenerateText(_model, maxNewTokens: 4, temperature: 0).Fit(rows), rows.Schema, zip);
        ITransformer loaded = _ml.Model.Load(zip, out _);
        var shared = new PredictionEngineOptions { OwnsTransformer = false };
        using PredictionEngine<Asked, Answer> other = _ml.Model.CreatePredictionEngine<Asked, Answer>(loaded, shared);
        string said = other.Predict(new Asked { Prompt = "numbers 1 2 3 target 6 :" }).Response;

        _ml.Model.CreatePredictionEngine<Asked, Answer>(loaded, shared).Dispose();
        other.Predict(new Asked { Prompt = "numbers 1 2 3 target 6 :" }).Response.Should().Be(said);

        _ml.Model.CreatePredictionEngine<Asked, Answer>(loaded).Dispose();
        other.Invoking(engine => engine.Predict(new Asked { Prompt = "numbers 1 2 3 target 6 :" }))
            .Should().Throw<ObjectDisposedException>("an engine that owned the model is gone");
    }

    private sealed class Asked
    {
        public string Prompt { get; set; } = "";
    }

    private sealed class Answer
    {
        public string Response { get; set; } = "";
    }

    private sealed class Told(List<TrainingProgress> list) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => list.Add(value);
    }
}
