using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

/// <summary>Steps on recorded responses, of which all is known beforehand.</summary>
public sealed class PolicyOptimizationStepTests : TrainerFixture
{
    private const int MaxNewTokens = 12;

    /// <summary>A length that says that a response is as long as allowed and does not end.</summary>
    private const int Cut = -1;

    // 0, 1, 2, 3 and 0, 10, 20, 30.
    private static readonly float[] TwoScales = [0, 1, 2, 3, 0, 10, 20, 30];

    [Fact]
    public void The_tokens_that_dapo_divides_by_are_those_of_the_responses_that_count()
    {
        // Every second one is cut.
        Recorded[] rows = Responses(TwoScales, i => i % 2 == 0 ? Cut : 3 + i);
        double[] advantages = Advantages(4, deviation: group => Deviation(group));
        int counted = rows.Where((_, i) => i % 2 == 1).Sum(row => row.Response.Length), all = rows.Sum(row => row.Response.Length);

        IReadOnlyDictionary<string, double> metrics = Step(rows, Dapo(groups: 2) with { MaskTruncatedCompletions = true });
        metrics["completions/clipped_ratio"].Should().Be(0.5);
        metrics["grad_norm"].Should().BeApproximately(GradientNorm(rows, advantages, counted, counts: i => i % 2 == 1), 1e-5);
        GradientNorm(rows, advantages, all, counts: i => i % 2 == 1).Should().BeLessThan(metrics["grad_norm"] * 0.7, "it is told from the count of all");
    }

    [Theory]
    [InlineData(RewardScale.Group)]
    [InlineData(RewardScale.Batch)]
    [InlineData(RewardScale.None)]
    public void Rewards_are_divided_by_what_the_options_say(RewardScale scale)
    {
        Recorded[] rows = Responses(TwoScales, i => 3 + i);
        double[] advantages = Advantages(4, scale switch
        {
            RewardScale.Group => Deviation,
            RewardScale.Batch => _ => Deviation(TwoScales),
            _ => null,
        });
        Step(rows, Dapo(groups: 2) with { ScaleRewards = scale })["grad_norm"]
            .Should().BeApproximately(GradientNorm(rows, advantages, rows.Sum(row => row.Response.Length)), 1e-4);
    }

    [Theory]
    [InlineData(CreditSign.PositiveOnly)]
    [InlineData(CreditSign.NegativeOnly)]
    public void Credit_acts_on_responses_by_the_sign_of_their_own_advantage(CreditSign sign)
    {
        using var folder = new TemporaryFolder();
        Step(Responses([0, 1, 2, 3], i => 5 + i), Options(groups: 1) with
        {
            Credit = new CreditOptions { Strategy = CreditStrategy.Random, Sign = sign },
            OutputFolder = folder.Path,
            LogSamplesEvery = 1,
        });
        foreach (string line in File.ReadLines(folder.File("samples.jsonl")))
        {
            JsonNode sample = JsonNode.Parse(line)!;
            double[] credit = [.. sample["credit"]!.AsArray().Select(value => value!.GetValue<double>())];
            bool isPositive = sample["advantage"]!.GetValue<double>() > 0, acts = isPositive == (sign == CreditSign.PositiveOnly);
            credit.Any(gamma => gamma > 1).Should().Be(acts, line);
            if (!acts) credit.Should().OnlyContain(gamma => gamma == 1);
        }
    }

    [Fact]
    public void What_is_measured_of_responses_and_credit_is_what_they_have()
    {
        // Two that end, one that is as long as allowed and ends with its last token, one that is cut.
        Recorded[] rows = Responses([0, 1, 2, 3], i => i switch { 0 => 2, 1 => 4, 2 => MaxNewTokens, _ => Cut });
        rows[2].Response[^1] = TinyModels.EndOfSequence;
        IReadOnlyDictionary<string, double> metrics = Step(rows, Options(groups: 1) with
        {
            Credit = new CreditOptions { Strategy = CreditStrategy.Random, Fraction = 0.4, Amplification = 1.5 },
        });
        metrics["completions/mean_length"].Should().Be((2 + 4 + 12 + 12) / 4.0);
        metrics["completions/min_length"].Should().Be(2);
        metrics["completions/max_length"].Should().Be(12);
        metrics["completions/mean_terminated_length"].Should().Be((2 + 4 + 12) / 3.0);
        metrics["completions/clipped_ratio"].Should().Be(0.25);
        metrics["num_tokens"].Should().Be(2 + 4 + 12 + 12 + 4 * 2, "prompts have two tokens");
        // ⌈0.4 · n⌉ tokens of each response are selected: 1, 2, 5 and 5 of 30.
        metrics["credit/amplified_fraction"].Should().Be(13 / 30.0);
        metrics["credit/mean"].Should().BeApproximately(1 + 0.5 * 13 / 30, 1e-12);
        metrics["reward"].Should().Be(1.5);
        metrics["reward_std"].Should().BeApproximately(Deviation([0, 1, 2, 3]), 1e-12);
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(8, false)]
    public void Responses_of_which_nearly_all_are_cut_are_told(int cut, bool told)
    {
        Recorded[] rows = Responses([0, 1, 2, 3, 4, 0, 1, 2, 3, 4], i => i < cut ? Cut : 5, generations: 5);
        string[] warnings = Warnings(() => Step(rows, Options(groups: 2) with { Generations = 5 }));
        warnings.Should().HaveCount(told ? 1 : 0);
        if (told) warnings[0].Should().Contain("9 of the 10 responses of the first step were cut at MaxNewTokens (12)");
    }

    [Fact]
    public void Of_a_skipped_update_nobody_is_told_that_its_credit_amplifies_nothing()
    {
        using CausalLanguageModel model = TinyModels.Create();
        Tensor weight = model.Decoder.Weights.Storage[0];
        using (no_grad()) weight.fill_(float.NaN);
        var told = new ProgressList();
        string[] warnings = Warnings(() => Ml.Policies.Trainers
            .PolicyOptimization(model, new RecordedRollouts(), Options(groups: 1) with
            {
                NonFinite = NonFiniteUpdate.Skip,
                Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerSequence, MinimumHorizon = 1 },
                Progress = told,
            })
            .Fit(Ml.Data.LoadFromEnumerable(Responses([0, 1, 2, 3], i => 5 + i))).Dispose());
        told[0].Metrics["skipped_updates"].Should().Be(1);
        warnings.Should().BeEmpty();
    }

    [Fact]
    public void Without_a_divergence_no_reference_is_copied_read_or_measured()
    {
        Recorded[] rows = Responses([0, 1, 2, 3], i => 5 + i);
        PolicyOptimizationOptions options = Options(groups: 1) with
        {
            Steps = 2,
            Bf16 = true,
            Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
        };
        Live(options);
        long free = Live(options), held = Live(options with { Loss = new PolicyLossOptions { Beta = 0.1 } }), before = LiveTensors.Settle();
        using CausalLanguageModel copy = Model.CloneAs(ScalarType.BFloat16);
        (held - free).Should().Be(LiveTensors.Now - before, "a reference computes as the policy does, in a copy of its own");

        using var policy = new LearningPolicy(Model, options, totalUpdates: 2);
        var host = ((Microsoft.ML.Runtime.IHostEnvironment)Ml).Register("test");
        var step = new PolicyOptimizationStep(
            policy,
            reference: null!,
            RecordedRolloutSource.Read(host, Ml.Data.LoadFromEnumerable(rows), Model, new RecordedRollouts(), options, DateTimeOffset.Now),
            evaluation: null,
            options,
            new RunCancellation(host, CancellationToken.None),
            warn: _ => { });
        step.Run(0).Keys.Should().Contain("policy_loss").And.NotContain("kl");

        // The tensors that a run adds.
        long Live(PolicyOptimizationOptions counted)
        {
            long before = LiveTensors.Settle(), live = 0;
            Step(rows, counted with { Progress = new ProgressList(_ => live = LiveTensors.Now - before) });
            return live;
        }
    }

    private static Recorded[] Responses(float[] rewards, Func<int, int> length, int generations = 4)
    {
        var random = new Random(4);
        return [.. rewards.Select((reward, i) => new Recorded
        {
            Prompt = [1 + i / generations, 2],
            Response = [.. Enumerable.Range(0, length(i) == Cut ? MaxNewTokens : length(i)).Select(_ => random.Next(1, TinyModels.Vocabulary))],
            Reward = reward,
            Group = $"{i / generations}",
        })];
    }

    private static PolicyOptimizationOptions Options(int groups) => new()
    {
        Steps = 1,
        PromptsPerStep = groups,
        Generations = 4,
        MaxNewTokens = MaxNewTokens,
        LearningRate = 1e-3,
        Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
    };

    private static PolicyOptimizationOptions Dapo(int groups) => Options(groups) with
    {
        Loss = new PolicyLossOptions { Type = PolicyLossType.Dapo },
        Credit = new CreditOptions { Strategy = CreditStrategy.Uniform },
    };

    /// <summary>Â of <see cref="TwoScales"/>: the distance from the group's mean, divided where that is wanted.</summary>
    private static double[] Advantages(int generations, Func<float[], double>? deviation) =>
    [
        .. TwoScales.Chunk(generations).SelectMany(group =>
            group.Select(reward => (reward - group.Average()) / (deviation is null ? 1 : deviation(group) + 1e-4))),
    ];

    private static double Deviation(float[] values) =>
        Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1));

    /// <summary>What one update on responses whose advantages and count are given has as its gradient's norm.</summary>
    private double GradientNorm(Recorded[] rows, double[] advantages, int tokens, Func<int, bool>? counts = null)
    {
        PolicyOptimizationOptions options = Dapo(groups: rows.Length / 4);
        using var policy = new LearningPolicy(Model, options, totalUpdates: 1);
        Rollout[] rollouts = [.. rows.Select((row, i) => new Rollout
        {
            Row = i,
            Sequence = new TokenSequence(row.Prompt, row.Response),
            Advantages = [.. row.Response.Select(_ => (float)advantages[i])],
            InLoss = counts?.Invoke(i) ?? true,
        })];
        return new PolicyUpdate(policy, options).Run(rollouts, tokens)["grad_norm"];
    }

    /// <summary>What the last step measured.</summary>
    private IReadOnlyDictionary<string, double> Step(Recorded[] rows, PolicyOptimizationOptions options)
    {
        IReadOnlyDictionary<string, double> metrics = new Dictionary<string, double>();
        var progress = new ProgressList(told =>
        {
            metrics = told.Metrics;
            options.Progress?.Report(told);
        });
        Ml.Policies.Trainers.PolicyOptimization(Model, new RecordedRollouts(), options with { Progress = progress })
            .Fit(Ml.Data.LoadFromEnumerable(rows)).Dispose();
        return metrics;
    }

    private sealed class Recorded
    {
        [VectorType]
        public int[] Prompt { get; set; } = [];

        [VectorType]
        public int[] Response { get; set; } = [];

        public float Reward { get; set; }

        public string Group { get; set; } = "";
    }
}
