using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class RecordedRolloutsTests : IDisposable
{
    private readonly MLContext _ml = new();
    private readonly CausalLanguageModel _model = TinyModels.Create();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Learning_from_what_the_policy_sampled_elsewhere_is_learning_from_sampling(bool withLogProbabilities)
    {
        // What the trainer itself samples in its first step is recorded through the reward, and then learnt from as recorded rollouts.
        var seen = new List<RecordedRow>();
        var reward = _ml.Transforms.CustomMapping<RewardInput, RewardOutput>((row, output) =>
        {
            output.Reward = row.ResponseTokenIds[0];
            seen.Add(new RecordedRow
            {
                Prompt = [.. row.Prompt],
                Response = [.. row.ResponseTokenIds],
                Reward = output.Reward,
                Group = $"{string.Join(' ', row.Prompt)} {seen.Count / 4}",
            });
        }, null);
        IDataView prompts = _ml.Data.LoadFromEnumerable(PromptRow.Make(4));
        using PolicyTransformer sampled = _ml.Policies.Trainers.PolicyOptimization(_model, reward, Options()).Fit(prompts);

        TokenSequence[] sequences = [.. seen.Select(row => new TokenSequence(row.Prompt, row.Response))];
        IReadOnlyList<float[]> logs = _model.LogProbabilities(sequences);
        for (int i = 0; i < seen.Count; i++) seen[i].Logs = logs[i];
        var recorded = new RecordedRollouts { LogProbabilitiesColumnName = withLogProbabilities ? "Logs" : null };
        // One step takes all groups, whose order is not that of the prompts; with one update that changes nothing but rounding.
        using PolicyTransformer learnt = _ml.Policies.Trainers.PolicyOptimization(_model, recorded, Options()).Fit(_ml.Data.LoadFromEnumerable(seen));
        foreach ((string name, float[] values) in TinyModels.Snapshot(sampled.Model))
            TinyModels.Snapshot(learnt.Model)[name].Zip(values, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f, name);
        TinyModels.Snapshot(learnt.Model).ShouldDiffer(TinyModels.Snapshot(_model));
    }

    [Fact]
    public void Text_that_came_with_its_token_ids_is_not_tokenized_again()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        IDataView prompts = _ml.Data.LoadFromEnumerable([new { Prompt = "a+" }, new { Prompt = "b=" }]);
        IDataView answered = _ml.Transforms.GenerateText(model, new TextGenerationOptions
        {
            Generation = new GenerationOptions { SamplesPerPrompt = 4, MaxNewTokens = 12 },
        })
            .Append(_ml.Transforms.CustomMapping<Answered, RewardOutput>((row, output) => output.Reward = row.Response.Length, null))
            .Fit(prompts).Transform(prompts);
        int[][] ids = [.. answered.GetColumn<int[]>("ResponseTokenIds")];
        ids.Should().Contain(row => row.Last() == TinyModels.EndOfSequence, "the text does not have the last token");
        var told = new ProgressList();
        var columns = new RecordedRollouts { GroupColumnName = "PromptIndex", LogProbabilitiesColumnName = "ResponseLogProbabilities" };
        _ml.Policies.Trainers.PolicyOptimization(model, columns, Options(groups: 2, progress: told)).Fit(answered).Dispose();
        told[0].Metrics["completions/mean_length"].Should().Be(ids.Average(row => row.Length));
    }

    [Fact]
    public void Recorded_log_probabilities_make_the_ratio()
    {
        var far = new ProgressList();
        RecordedRow[] rows = Rows(groups: 2);
        foreach (RecordedRow row in rows) row.Logs = [.. row.Response.Select(_ => -9f)];
        Fit(rows, new RecordedRollouts { LogProbabilitiesColumnName = nameof(RecordedRow.Logs) }, Options(groups: 2, progress: far));
        far[0].Metrics["clip_ratio/region_mean"].Should().BeGreaterThan(0.3, "the policy finds the responses much likelier than -9 nats a token");
    }

    [Fact]
    public void Rows_of_a_group_need_not_stand_together_and_all_groups_are_visited_before_one_comes_again()
    {
        RecordedRow[] rows = [.. Rows(groups: 6).OrderBy(row => row.Response[0] * 7 % 5)];
        var told = new ProgressList();
        Fit(rows, new RecordedRollouts(), Options(groups: 2, steps: 3, progress: told));
        told.Sum(step => step.Metrics["completions/mean_length"] * 8)
            .Should().BeApproximately(rows.Sum(row => row.Response.Length), 1e-6, "three steps of two groups are all six");
    }

    [Theory]
    [InlineData("uneven", "*Group '1'*has 3 rows, expected Generations (4)*")]
    [InlineData("prompt", "*Group '1': row 7 has another prompt than row 4*")]
    [InlineData("long", "*Row 2: the response has 13 tokens, expected at most MaxNewTokens (12)*")]
    [InlineData("empty", "*Row 2*")]
    [InlineData("logs", "*Row 2: 1 log-probabilities for a response of * tokens*")]
    [InlineData("infinite", "*Row 2: 1 log-probabilities*NaN or infinite*")]
    [InlineData("context", "*Row 0: prompt (* tokens) and response (*) exceed the model's context of *")]
    [InlineData("reward", "*Row 2: the reward is NaN*MissingReward*")]
    [InlineData("none", "*no rows*")]
    [InlineData("few", "*1 groups, fewer than PromptsPerStep (2)*")]
    public void A_row_or_group_that_does_not_fit_is_named(string fault, string message)
    {
        RecordedRow[] rows = Rows(groups: 2);
        foreach (RecordedRow row in rows) row.Logs = [.. row.Response.Select(_ => -1f)];
        switch (fault)
        {
            case "uneven": rows = rows[..^1]; break;
            case "prompt": rows[7].Prompt = [1, 1]; break;
            case "long": rows[2].Response = new int[13]; break;
            case "empty": rows[2].Response = []; break;
            case "logs": rows[2].Logs = [-1]; break;
            case "infinite": (rows[2].Response, rows[2].Logs) = ([3], [float.NegativeInfinity]); break;
            case "context": rows[0].Prompt = [.. Enumerable.Repeat(1, _model.Config.MaxPositionEmbeddings)]; break;
            case "reward": rows[2].Reward = float.NaN; break;
            case "few": rows = rows[..4]; break;
            default: rows = []; break;
        }
        FluentActions
            .Invoking(() => Fit(rows, new RecordedRollouts { LogProbabilitiesColumnName = nameof(RecordedRow.Logs) }, Options(groups: 2)))
            .Should().Throw<Exception>().WithMessage(message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_response_without_reward_can_be_left_out(float none)
    {
        RecordedRow[] rows = Rows(groups: 2);
        rows[2].Reward = none;
        var told = new ProgressList();
        Fit(rows, new RecordedRollouts(), Options(groups: 2, progress: told, missing: MissingReward.LeaveOut));
        told[0].Metrics["rewards/left_out"].Should().Be(1);
    }

    [Fact]
    public void A_stop_string_at_the_end_completes_a_recorded_response()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        RecordedRow[] rows = Rows(groups: 2);
        // a b … b and a b … =
        foreach ((int i, RecordedRow row) in rows.Index()) row.Response = [.. Enumerable.Range(0, 11).Select(t => 1 + t % 2), i % 2 == 0 ? 11 : 2];
        var told = new ProgressList();
        PolicyOptimizationOptions options = Options(groups: 2, progress: told) with { StopStrings = ["="] };
        _ml.Policies.Trainers.PolicyOptimization(model, new RecordedRollouts(), options).Fit(_ml.Data.LoadFromEnumerable(rows)).Dispose();
        told[0].Metrics["completions/clipped_ratio"].Should().Be(0.5);
    }

    [Fact]
    public void Several_recorded_rewards_are_those_that_were_added_before()
    {
        RecordedRow[] rows = Rows(groups: 2);
        foreach ((int i, RecordedRow row) in rows.Index()) (row.First, row.Second, row.Reward) = (i % 3, i % 2, i % 3 + 0.5f * (i % 2));
        ProgressList added = [], several = [], normalized = [];
        Fit(rows, new RecordedRollouts(), Options(groups: 2, progress: added));
        PolicyOptimizationOptions options = Options(groups: 2, progress: several) with { RewardColumnNames = ["First", "Second"], RewardWeights = [1, 0.5] };
        Fit(rows, new RecordedRollouts(), options);
        Fit(rows, new RecordedRollouts(), options with { Progress = normalized, RewardAggregation = RewardAggregation.NormalizeThenSum });
        foreach (string name in new[] { "reward", "reward_std", "grad_norm" })
            several[0].Metrics[name].Should().BeApproximately(added[0].Metrics[name], 1e-6, name);
        several[0].Metrics["rewards/Second/mean"].Should().Be(0.5);
        normalized[0].Metrics["grad_norm"].Should().NotBeApproximately(added[0].Metrics["grad_norm"], 1e-3);
    }

    [Fact]
    public void Where_all_or_none_are_truncated_leaving_them_out_leaves_nothing_or_everything()
    {
        foreach (bool all in new[] { true, false })
        {
            ProgressList masked = [], counted = [];
            RecordedRow[] rows = Rows(groups: 2);
            // As long as allowed: cut, or with their last token what ends them.
            foreach (RecordedRow row in rows) row.Response = [.. Enumerable.Range(1, 11), all ? 5 : TinyModels.EndOfSequence];
            Fit(rows, new RecordedRollouts(), Options(groups: 2, progress: counted));
            Fit(rows, new RecordedRollouts(), Options(groups: 2, progress: masked) with { MaskTruncatedCompletions = true });
            counted[0].Metrics["completions/clipped_ratio"].Should().Be(all ? 1 : 0);
            counted[0].Metrics["grad_norm"].Should().BePositive();
            masked[0].Metrics["grad_norm"].Should().Be(all ? 0 : counted[0].Metrics["grad_norm"]);
            masked[0].Metrics["entropy"].Should().Be(all ? double.NaN : counted[0].Metrics["entropy"]);
        }
    }

    [Fact]
    public void Groups_may_be_keys_as_MapValueToKey_makes_them()
    {
        RecordedRow[] rows = Rows(groups: 2);
        IDataView keyed = _ml.Transforms.Conversion.MapValueToKey("Key", "Group")
            .Fit(_ml.Data.LoadFromEnumerable(rows))
            .Transform(_ml.Data.LoadFromEnumerable(rows));
        Fitted(keyed, "Key").ShouldEqual(Fitted(keyed, "Group"));

        RecordedRow[] odd = [.. rows, new RecordedRow { Prompt = [3], Response = [4], Group = "5th" }];
        IDataView short5th = _ml.Transforms.Conversion.MapValueToKey("Key", "Group")
            .Fit(_ml.Data.LoadFromEnumerable(odd))
            .Transform(_ml.Data.LoadFromEnumerable(odd));
        FluentActions.Invoking(() => Fitted(short5th, "Key")).Should().Throw<ArgumentException>().WithMessage("Group '5th' (first in row 8) has 1 rows*");

        Dictionary<string, float[]> Fitted(IDataView data, string group)
        {
            using PolicyTransformer policy = _ml.Policies.Trainers
                .PolicyOptimization(_model, new RecordedRollouts { GroupColumnName = group }, Options(groups: 2))
                .Fit(data);
            return TinyModels.Snapshot(policy.Model);
        }
    }

    [Fact]
    public void The_seed_of_a_run_draws_random_credit_too()
    {
        Credit(seed: 1).Should().Equal(Credit(seed: 1)).And.NotEqual(Credit(seed: 2));

        double[] Credit(long seed)
        {
            using var folder = new TemporaryFolder();
            Fit(Rows(groups: 1), new RecordedRollouts(), Options(groups: 1) with
            {
                Seed = seed,
                Credit = new CreditOptions { Strategy = CreditStrategy.Random },
                OutputFolder = folder.Path,
                LogSamplesEvery = 1,
            });
            return [.. File.ReadLines(Path.Combine(folder.Path, "samples.jsonl"))
                .SelectMany(line => JsonNode.Parse(line)!["credit"]!.AsArray().Select(value => value!.GetValue<double>()))];
        }
    }

    [Fact]
    public void Options_without_meaning_for_recorded_rollouts_are_refused() =>
        FluentActions
            .Invoking(() => _ml.Policies.Trainers.PolicyOptimization(
                _model,
                new RecordedRollouts(),
                new PolicyOptimizationOptions { ResamplingRounds = 2, TopP = 0.9, SamplingBatchSize = 4, EvaluateEvery = 1 }))
            .Should().Throw<ArgumentException>()
            .WithMessage("*ResamplingRounds is 2*TopP is 0.9, expected 1 with recorded rollouts*SamplingBatchSize is 4*EvaluateEvery is 1*");

    private static RecordedRow[] Rows(int groups)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, groups * 4).Select(i => new RecordedRow
        {
            Prompt = [1 + i / 4, 2],
            Response = [.. Enumerable.Range(0, 1 + random.Next(11)).Select(_ => random.Next(1, TinyModels.Vocabulary))],
            Reward = i % 4,
            Group = $"{i / 4}",
        })];
    }

    private static PolicyOptimizationOptions Options(
        int groups = 4, int steps = 1, IProgress<TrainingProgress>? progress = null, MissingReward missing = MissingReward.Stop) => new()
        {
            Steps = steps,
            PromptsPerStep = groups,
            Generations = 4,
            MaxNewTokens = 12,
            LearningRate = 1e-3,
            Seed = 6,
            AdamEpsilon = 1e-3,
            Progress = progress,
            MissingReward = missing,
            Credit = new CreditOptions { Strategy = CreditStrategy.Coupled },
            Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
        };

    private void Fit(RecordedRow[] rows, RecordedRollouts recorded, PolicyOptimizationOptions options) =>
        _ml.Policies.Trainers.PolicyOptimization(_model, recorded, options).Fit(_ml.Data.LoadFromEnumerable(rows)).Dispose();

    private sealed class RecordedRow
    {
        [VectorType]
        public int[] Prompt { get; set; } = [];

        [VectorType]
        public int[] Response { get; set; } = [];

        [VectorType]
        public float[] Logs { get; set; } = [];

        public float Reward { get; set; }

        public float First { get; set; }

        public float Second { get; set; }

        public string Group { get; set; } = "";
    }

    private sealed class Answered
    {
        public string Response { get; set; } = "";
    }
}
