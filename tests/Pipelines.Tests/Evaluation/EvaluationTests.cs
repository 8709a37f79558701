using System.Text.Json;
using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

public sealed class EvaluationTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = CausalLanguageModel.FromPretrained(Repository.Path("models", "countdown"));
    private readonly TemporaryFolder _folder = new();
    private readonly IDataView _problems;

    public EvaluationTests() => _problems = _ml.Data.LoadFromEnumerable(Countdown.Generate(10, seed: 3, split: CountdownSplit.Test));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Pass_at_k_is_the_share_of_all_draws_of_k_that_hold_a_right_one() => Gen.Int[1, 7]
        .SelectMany(n => Gen.Select(Gen.Const(n), Gen.Int[0, n], Gen.Int[1, n]))
        .Sample((n, right, k) =>
        {
            int[][] draws = [.. Enumerable.Range(0, 1 << n)
                .Select(set => Enumerable.Range(0, n).Where(i => (set >> i & 1) == 1).ToArray())
                .Where(draw => draw.Length == k)];
            PassEstimate.OfProblem(n, right, k)
                .Should().BeApproximately(draws.Count(draw => draw.Any(i => i < right)) / (double)draws.Length, 1e-12);
        });

    [Fact]
    public void Greedy_accuracy_is_that_of_the_chain()
    {
        EvaluationResult result = Evaluation.Run(_ml, _model, _problems, _ml.Transforms.CountdownReward());
        float[] rewards = [.. _ml.Transforms.GenerateText(_model, temperature: 0)
            .Append(_ml.Transforms.CountdownReward())
            .Fit(_problems)
            .Transform(_problems)
            .GetColumn<float>("Reward")];
        result.Rewards.Select(samples => samples.Single()).Should().Equal(rewards);
        result.PassAt1.Should().Be(Proportion.Of([.. rewards.Select(reward => reward == 1)]));
        result.PassAtK.Should().ContainSingle().Which.Estimate.Value.Should().Be(result.AverageAtK.Value);
    }

    [Fact]
    public void An_evaluation_that_was_cut_goes_on_and_gives_the_same()
    {
        EvaluationResult whole = Evaluation.Run(_ml, _model, _problems, _ml.Transforms.CountdownReward(), Options(cache: null));
        string cache = _folder.File("responses.jsonl");
        using (var stop = new CancellationTokenSource())
        {
            FluentActions.Invoking(() => Evaluation.Run(
                _ml, _model, _problems,
                _ml.Transforms.CountdownReward(),
                Options(cache, new Immediate(done => { if (done >= 4) stop.Cancel(); })),
                stop.Token))
                .Should().Throw<OperationCanceledException>();
        }
        File.ReadAllLines(cache).Should().HaveCount(4);
        File.AppendAllText(cache, "{\"key\":\"half a li");
        var progress = new List<int>();

        EvaluationResult resumed = Evaluation.Run(_ml, _model, _problems, _ml.Transforms.CountdownReward(), Options(cache, new Immediate(progress.Add)));

        progress.Should().Equal(6, 8, 10);
        File.ReadAllLines(cache).Should().HaveCount(10)
            .And.OnlyContain(line => JsonDocument.Parse(line, default).RootElement.GetProperty("responses").GetArrayLength() == 4);
        resumed.ToJson().Should().Be(whole.ToJson());
        progress.Clear();
        Evaluation.Run(_ml, _model, _problems, _ => Enumerable.Repeat(0.5f, 40), Options(cache, new Immediate(progress.Add))).MeanReward.Value.Should().Be(0.5);
        progress.Should().BeEmpty("another reward needs no generation");
        Evaluation.Run(_ml, _model, _problems, _ => new float[40], Options(cache, new Immediate(progress.Add), seed: 9));
        progress.Should().Equal([2, 4, 6, 8, 10], "other sampling does");
    }

    [Fact]
    public void It_is_told_how_many_responses_were_cut()
    {
        IEnumerable<float> cut = [];
        EvaluationResult result = Evaluation.Run(
            _ml, _model, _problems,
            answered => cut = [.. answered.GetColumn<string>("FinishReason").Select(reason => reason == nameof(FinishReason.Length) ? 1f : 0f)],
            Options(null));
        result.ClippedRatio.Should().BeApproximately(cut.Average(), 1e-6);
        result.ToString().Should().MatchRegex(string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"cut responses +{100 * result.ClippedRatio:F2} %"));
    }

    [Fact]
    public void Estimates_lie_in_their_intervals_and_the_result_prints_and_serialises()
    {
        EvaluationResult result = Evaluation.Run(
            _ml, _model, _problems,
            answered => answered.GetColumn<int>("SampleIndex").Zip(
                answered.GetColumn<long>("PromptIndex"),
                (sample, prompt) => prompt == 9 ? float.NaN : sample <= prompt % 3 ? 1f : 0f),
            Options(null));
        // Right: 1, 2, 3 of 4 for problems 0 to 8 in turn, none for the last.
        result.PassAt1.Should().Be(new Proportion(9, 10));
        result.AverageAtK.Value.Should().BeApproximately(3 * (0.25 + 0.5 + 0.75) / 10, 1e-12);
        result.PassAtK.Select(pass => pass.K).Should().Equal(1, 2, 4);
        result.PassAtK[1].Estimate.Value.Should().BeApproximately(3 * (0.5 + 5 / 6.0 + 1) / 10, 1e-12);
        result.PassAtK[2].Estimate.Value.Should().BeApproximately(0.9, 1e-12);
        result.PassAtK.Should().OnlyContain(pass => pass.Estimate.Interval.Contains(pass.Estimate.Value));
        result.ToString().Should().Contain("10 problems, 4 samples each").And.Contain("avg@4").And.Contain("pass@2")
            .And.MatchRegex(@"mean reward\W+0\.4500\W", "rewards are no shares");
        JsonDocument.Parse(result.ToJson()).RootElement.GetProperty("average_at_k").GetProperty("value").GetDouble().Should().Be(result.AverageAtK.Value);
    }

    [Fact]
    public void A_reward_that_does_not_fit_is_refused_before_anything_is_generated()
    {
        IDataView scored = _ml.Data.LoadFromEnumerable([new { Prompt = "numbers 1 2 3 target 6 :", Reward = 1f, Wide = 1.0 }]);
        Refused(_ml.Transforms.MathReward(), "*'Answer'*");
        Refused(_ml.Transforms.RegexReward("1", outputColumnName: "Found"), "The reward writes no column 'Reward'*");
        Refused(_ml.Transforms.CopyColumns("Reward", "Wide"), "*'Reward': expected Single, got Double*");

        void Refused(IEstimator<ITransformer> reward, string message)
        {
            var progress = new List<int>();
            FluentActions.Invoking(() => Evaluation.Run(_ml, _model, scored, reward, Options(null, new Immediate(progress.Add))))
                .Should().Throw<ArgumentException>().WithMessage(message);
            progress.Should().BeEmpty();
        }
    }

    [Fact]
    public void A_reward_that_fails_names_the_response_and_rows_come_one_by_one()
    {
        int rows = 0, threads = 0;
        var counted = new ThreadLocal<int>(() => Interlocked.Increment(ref threads));
        IEstimator<ITransformer> reward = Reward.From<Answered>(row => counted.Value > 0 && rows++ == 6 ? throw new FormatException("no idea.") : 0);
        FluentActions.Invoking(() => Evaluation.Run(_ml, _model, _problems, reward, Options(null))).Should().Throw<InvalidOperationException>()
            .WithMessage("The reward failed on response 2 to the prompt of row 1: *").Which.GetBaseException().Should().BeOfType<FormatException>();
        threads.Should().Be(1);
    }

    [Fact]
    public void What_makes_an_evaluation_worth_less_is_told()
    {
        var warnings = new List<string>();
        _ml.Log += (_, entry) =>
        {
            if (entry.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(entry.Message);
        };
        IDataView strange = _ml.Data.LoadFromEnumerable([new { Prompt = "numbers 1 2 target 3 :" }, new { Prompt = "numbers 1 2 goal 3 :" }]);
        Evaluation.Run(_ml, _model, strange, _ => new float[2], new EvaluationOptions { Generation = new() { Temperature = 0, MaxNewTokens = 2 } });
        warnings.Should().ContainSingle().Which.Should().Contain("1 of 2 prompts have text that the tokenizer does not know, such as 'goal' in row 1");
        warnings.Clear();
        Evaluation.Run(
            _ml, _model, _problems,
            _ => new float[40],
            new EvaluationOptions { Generation = new() { Temperature = 0, SamplesPerPrompt = 4, MaxNewTokens = 2 } });
        warnings.Should().ContainSingle().Which.Should().Contain("SamplesPerPrompt is 4 and Temperature 0");
    }

    [Fact]
    public void Bad_input_is_named()
    {
        FluentActions.Invoking(() => Evaluation.Run(_ml, _model, _problems, _ => new float[3]))
            .Should().Throw<ArgumentException>().WithMessage("*3 values for 10 problems*");
        FluentActions.Invoking(() => Evaluation.Run(_ml, _model, _ml.Data.LoadFromEnumerable(Array.Empty<CountdownProblem>()), _ => []))
            .Should().Throw<ArgumentException>().WithMessage("*no problems*");
        FluentActions.Invoking(() => Evaluation.Run(
            _ml, _model, _problems,
            _ => [],
            new EvaluationOptions { BatchSize = 0, BootstrapDraws = 1, RightFrom = float.NaN }))
            .Should().Throw<ArgumentException>()
            .Which.Message.Should().ContainAll("BatchSize is 0", "BootstrapDraws is 1", "RightFrom is NaN");
        File.WriteAllText(_folder.File("other.jsonl"), "{\"prompt\":1}\n");
        FluentActions.Invoking(() => Evaluation.Run(_ml, _model, _problems, _ => [], Options(_folder.File("other.jsonl"))))
            .Should().Throw<InvalidDataException>().WithMessage("*other.jsonl', line 1*");
        File.WriteAllText(_folder.File("config.json"), "{\"prompt\":1}");
        FluentActions.Invoking(() => Evaluation.Run(_ml, _model, _problems, _ => [], Options(_folder.File("config.json"))))
            .Should().Throw<InvalidDataException>().WithMessage("*config.json'*another file*");
        File.ReadAllText(_folder.File("config.json")).Should().Be("{\"prompt\":1}", "somebody needs it");
    }

    private sealed class Answered
    {
        public string Response { get; set; } = "";
    }

    private static EvaluationOptions Options(string? cache, IProgress<int>? progress = null, long seed = 2) => new()
    {
        Generation = new GenerationOptions { SamplesPerPrompt = 4, MaxNewTokens = 24, Seed = seed },
        BatchSize = 2,
        BootstrapDraws = 200,
        CachePath = cache,
        Progress = progress,
    };

    private sealed class Immediate(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
