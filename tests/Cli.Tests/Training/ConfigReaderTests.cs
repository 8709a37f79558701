using System.Text.Json.Nodes;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli.Tests;

public sealed class ConfigReaderTests
{
    [Fact]
    public void Every_option_of_the_trainer_is_there_by_the_name_it_has()
    {
        PolicyOptimizationConfig config = Policy("""
            {
              "task": "math", "prompts": "problems.jsonl", "dtype": "bfloat16",
              "reward": [{"math": {}}, {"weight": 0.5, "length_penalty": {"maximum_length": 96, "soft_length": 16}}],
              "options": {
                "steps": 7, "max_gradient_norm": "Infinity", "evaluate_every": null, "schedule": "cosine",
                "loss": {"type": "dr_grpo", "epsilon_high": 0.28}, "credit": {"strategy": "high_entropy"}, "rhythm": {"layers": "1,2", "grouping": "per_batch"}
              }
            }
            """);
        (config.Task, config.DataType, config.Prompts!.File).Should().Be((TrainTask.Math, WeightType.Bfloat16, "problems.jsonl"));
        config.Reward!.Select(term => term.Weight).Should().Equal(1, 0.5);
        config.Reward![1].LengthPenalty!.MaximumLength.Should().Be(96);
        (config.Options.Steps, config.Options.MaxGradientNorm, config.Options.Schedule).Should().Be((7, double.PositiveInfinity, LearningRateSchedule.Cosine));
        (config.Options.Loss.Type, config.Options.Loss.EpsilonHigh, config.Options.Loss.Epsilon).Should().Be((PolicyLossType.DrGrpo, 0.28, 0.2));
        config.Options.Credit.Strategy.Should().Be(CreditStrategy.HighEntropy);
        config.Options.Rhythm!.Layers.Should().Be(LayerSelection.Of(1, 2));
    }

    [Fact]
    public void What_is_held_out_is_drawn_from_other_problems()
    {
        PolicyOptimizationConfig config = Policy("""{"prompts": {"countdown": {}}, "evaluation": {"countdown": {"seed": 9}}}""");
        (config.Prompts!.Countdown!.Split, config.Prompts.Countdown.Count).Should().Be((CountdownSplit.Train, 20_000));
        (config.Evaluation!.Countdown!.Split, config.Evaluation.Countdown.Count, config.Evaluation.Countdown.Seed).Should().Be((CountdownSplit.Test, 512, 9));
    }

    [Fact]
    public void One_reward_needs_no_list_and_another_method_has_other_options()
    {
        Policy("""{"reward": {"regex": {"pattern": "x"}}}""").Reward.Should().ContainSingle().Which.Regex!.Pattern.Should().Be("x");
        Policy("""{"options": {"lora": {"target_modules": "all-linear"}}}""").Options.Lora!.TargetModules.Should().Equal("all-linear");
        Problems("""{"options": {"lora": {"target_modules": 3}}}""")
            .Should().ContainSingle().Which.Should().StartWith("options.lora.target_modules[0]: found 3, expected a text");
        ConfigReader.Bind(Parse("""{"method": "sft", "rows": "rows.jsonl", "options": {"epochs": 2}}"""))
            .Should().BeOfType<SupervisedFineTuningConfig>().Which.Options.Epochs.Should().Be(2);
        Problems("""{"method": "sft", "task": "math"}""")
            .Should().Equal("task: unknown here; it is there with \"method\": \"policy_optimization\"");
        Problems("""{"rows": "rows.jsonl", "options": {"epochs": 2}}""").Should().Equal(
            "rows: unknown here; it is there with \"method\": \"sft\"", "options.epochs: unknown here; it is there with \"method\": \"sft\"");
        Problems("""{"method": "tuning", "rows": "rows.jsonl", "options": {"epochs": 2}}""")
            .Should().ContainSingle("what a method has is not known where the method is not").Which.Should().StartWith("method: found \"tuning\"");
        ConfigReader.Bind(Parse("""{"method": "SFT", "rows": "rows.jsonl"}""")).Should().BeOfType<SupervisedFineTuningConfig>();
        Problems("""{"method": "sft", "options": {"max_new_tokens": 9}}""").Should().Equal(
            "options.max_new_tokens: unknown here; did you mean options.generation.max_new_tokens?");
    }

    [Fact]
    public void All_that_is_mistyped_is_named_at_once_with_what_was_meant() => Problems("""
        {
          "modle": "x", "method": "ppo",
          "options": {
            "learning_rte": 1, "beta": 0.04, "steps": 1.5, "seed": null, "loss": {"type": "drgropo", "epsilon": "0.2"}, "credit": 3,
            "output_folder": "x", "mask_truncated_completions": 1, "rhythm": {"layers": "some"}
          },
          "reward": [{"regexp": {}}, {"math": {"output_column_name": "Score"}}]
        }
        """).Should().BeEquivalentTo(
            "modle: unknown; did you mean model?",
            "method: found \"ppo\", expected one of policy_optimization, sft",
            "options.learning_rte: unknown; did you mean learning_rate?",
            "options.beta: unknown here; did you mean options.loss.beta?",
            "options.steps: found 1.5, expected a whole number",
            "options.seed: found null, expected a whole number",
            "options.loss.type: found \"drgropo\", expected one of grpo, bnpo, dr_grpo, dapo, cispo; did you mean dr_grpo?",
            "options.loss.epsilon: found \"0.2\", expected a number",
            "options.credit: found 3, expected an object",
            "options.output_folder: unknown here; it is \"output\", beside \"options\"",
            "options.mask_truncated_completions: found 1, expected true or false",
            "options.rhythm.layers: found \"some\", expected \"middle\", \"all\", \"top\", \"bottom\" or layers such as \"3,5,7\"",
            "reward[0].regexp: unknown; did you mean regex?",
            "reward[1].math.output_column_name: unknown here; columns are the command's own matter");

    [Theory]
    [InlineData("num_generations", "generations")]
    [InlineData("max_completion_length", "max_new_tokens")]
    [InlineData("loss_type", "loss.type")]
    [InlineData("entropy_coef", "loss.entropy_coefficient")]
    [InlineData("importance_sampling_level", "loss.importance_sampling")]
    [InlineData("num_generations_eval", "evaluation_generations")]
    [InlineData("num_iterations", "iterations")]
    [InlineData("per_device_eval_batch_size", "sampling_batch_size")]
    [InlineData("multi_objective_aggregation", "reward_aggregation")]
    [InlineData("lr_scheduler_type", "schedule")]
    [InlineData("max_grad_norm", "max_gradient_norm")]
    [InlineData("gradient_checkpointing", "activation_checkpointing")]
    [InlineData("warmup_ratio", "warmup_steps")]
    [InlineData("eval_steps", "evaluate_every")]
    [InlineData("eval_on_start", "evaluate_at_start")]
    [InlineData("load_best_model_at_end", "keep_best")]
    [InlineData("save_steps", "checkpoint_every")]
    [InlineData("save_total_limit", "checkpoint_limit")]
    [InlineData("peft_config", "lora")]
    [InlineData("log_completions", "log_samples_every")]
    public void Names_of_TRL_are_told_where_they_are_here(string trl, string own)
    {
        Problems($"{{\"options\": {{\"{trl}\": 1}}}}").Should().Equal($"options.{trl}: unknown; TRL's {trl} is here {own}");
        ConfigNames.All(typeof(PolicyOptimizationConfig)).Select(known => known.Path).Should().Contain($"options.{own}");
    }

    [Theory]
    [InlineData("repetition_penalty", "it makes another distribution of every place than the loss has")]
    [InlineData("generation_kwargs", "temperature, top_k, top_p, min_p, stop_strings and stop_token_ids say how responses are sampled")]
    [InlineData("sync_ref_model", "the reference stays the model that training begins with")]
    [InlineData("use_vllm", "the policy samples itself; from what a server sampled it learns as \"rollouts\"")]
    [InlineData("vllm_mode", "the policy samples itself; from what a server sampled it learns as \"rollouts\"")]
    [InlineData(
        "off_policy_mask_threshold",
        "no response is left out for being off-policy; loss.delta and loss.dual_clip bound what one with a negative advantage weighs")]
    [InlineData("use_adaptive_entropy", "loss.entropy_coefficient stays as it is set")]
    [InlineData("entropy_target", "loss.entropy_coefficient stays as it is set")]
    [InlineData("sapo_temperature_neg", "there is no sapo loss")]
    [InlineData("vespo_k_pos", "there is no vespo loss")]
    public void Names_of_TRL_that_are_not_here_are_told_to_be_not_there(string trl, string why)
    {
        Problems($"{{\"options\": {{\"{trl}\": 1}}}}").Should().Equal($"options.{trl}: unknown; TRL's {trl} is not there: {why}");
        string[] names = [.. ConfigNames.All(typeof(PolicyOptimizationConfig)).Select(known => known.Name)];
        names.Should().NotContain(trl).And.Contain(["temperature", "top_k", "top_p", "min_p", "stop_strings", "stop_token_ids"])
            .And.Contain(["delta", "dual_clip", "entropy_coefficient"]);
    }

    [Theory]
    [InlineData("loss\": {\"type", "gspo", "gspo is grpo with loss.importance_sampling sequence, or sequence_token with credit that differs from token to token")]
    [InlineData("loss\": {\"type", "sapo", "TRL's sapo is not there")]
    [InlineData("loss\": {\"type", "luspo", "TRL's luspo is not there")]
    [InlineData("loss\": {\"type", "vespo", "TRL's vespo is not there")]
    [InlineData("schedule", "constant_with_warmup", "TRL's constant_with_warmup is here constant, with warmup_steps")]
    [InlineData("schedule", "linaer", "did you mean linear?")]
    public void Values_of_TRL_are_told_where_they_are_here_or_that_they_are_not(string option, string value, string answer)
    {
        string end = option.Contains('{', StringComparison.Ordinal) ? "}" : "";
        Problems($"{{\"options\": {{\"{option}\": \"{value}\"}}{end}}}").Should().ContainSingle().Which.Should().EndWith($"; {answer}");
    }

    [Theory]
    [InlineData("r", "is here options.lora.rank")]
    [InlineData("lora_alpha", "is here options.lora.alpha")]
    [InlineData("lora_dropout", "is here options.lora.dropout")]
    [InlineData("modules_to_save", "is not there: only matrices that get an adapter are trained")]
    [InlineData("task_type", "says nothing that has to be said here: leave it out")]
    public void Names_of_PEFT_are_told_where_they_are_here_or_that_they_are_not(string peft, string answer)
    {
        Problems($"{{\"options\": {{\"lora\": {{\"{peft}\": 1}}}}}}").Should().Equal($"options.lora.{peft}: unknown; PEFT's {peft} {answer}");
        Problems($"{{\"options\": {{\"{peft}\": 1}}}}").Should().Equal($"options.{peft}: unknown; PEFT's {peft} {answer}");
        if (answer.StartsWith("is here ", StringComparison.Ordinal))
            ConfigNames.All(typeof(PolicyOptimizationConfig)).Select(known => known.Path).Should().Contain(answer["is here ".Length..]);
    }

    [Fact]
    public void A_name_that_was_cut_short_is_completed() =>
        Problems("""{"method": "sft", "options": {"max_len": 512, "eval": 5, "al": 1}}""").Should().Equal(
            "options.max_len: unknown; did you mean max_length?", "options.eval: unknown; did you mean evaluate_every?", "options.al: unknown");

    [Fact]
    public void Rollouts_have_their_own_prompts_and_rewards() =>
        FluentActions.Invoking(() => ConfigRules.Require(Policy($$"""
            {
              "model": "{{AppContext.BaseDirectory}}", "output": "out", "rollouts": "nowhere.jsonl",
              "prompts": {"countdown": {} }, "reward": {"countdown": {} }, "options": {"top_p": 0.9 }
            }
            """))).Should().Throw<ConfigException>().Which.Problems.Should().BeEquivalentTo(
            "options.top_p is 0.9, expected 1 with recorded rollouts, which do not say what sampling kept",
            "rollouts: there is no file 'nowhere.jsonl'",
            "prompts: given with rollouts, which have their own prompts and rewards: expected null",
            "reward: given with rollouts, which have their own prompts and rewards: expected null");

    [Fact]
    public void Rewards_that_are_normalized_first_must_be_several_and_one_must_weigh_something() =>
        FluentActions.Invoking(() => ConfigRules.Require(Policy($$"""
            {
              "model": "{{AppContext.BaseDirectory}}", "output": "out", "reward": {"countdown": {}, "weight": 0},
              "options": {"reward_aggregation": "normalize_then_sum", "scale_rewards": "none"}
            }
            """))).Should().Throw<ConfigException>().Which.Problems.Should().BeEquivalentTo(
                "options.reward_aggregation: normalize_then_sum, expected with a list of two rewards or more",
                "options.scale_rewards: none, expected group with reward_aggregation normalize_then_sum, which does not read it",
                "reward: every weight is 0, expected one that is not");

    [Fact]
    public void All_that_is_out_of_range_or_missing_is_named_at_once_by_its_path() => FluentActions.Invoking(() => ConfigRules.Require(Policy("""
        {
          "task": "math", "prompts": {"countdown": {"numbers": 9, "options": {"largest_number": 0}}}, "reward": [{"math": {}}, {"regex": {}}, {}, {"length_penalty": {"maximum_length": 700, "soft_length": 100}}], "report": {"prompts": -1}, "device": "gpu",
          "options": {"steps": 0, "loss": {"epsilon": -3}, "mini_batches": 3, "evaluate_every": 5}
        }
        """))).Should().Throw<ConfigException>().Which.Problems.Should().BeEquivalentTo(
            "model: missing, expected a folder of a Hugging Face model",
            "output: missing, expected a folder for what the run writes",
            "report.prompts: -1, expected 0 or more",
            "options.evaluate_every: given, and \"evaluation\" is not: expected what to evaluate on",
            "options.steps is 0, expected at least 1",
            "options.mini_batches is 3 with gradient_accumulation_steps 1, expected a product that divides the 256 responses of a step (prompts_per_step 32 · generations 8)",
            "options.loss.epsilon is -3, expected 0 or more",
            "prompts.countdown: given, and task is math: expected a file",
            "prompts.countdown.numbers is 9, expected 2 to 6",
            "prompts.countdown.options.largest_number is 0, expected 1 to largest_result",
            "reward[1].regex.pattern is empty, expected a regular expression",
            "device: gpu, expected cpu, cuda, or cuda:1 and so on",
            "reward[3].length_penalty: begins behind 600 tokens (maximum_length 700 less soft_length 100), and no response is longer than options.max_new_tokens, 512: expected one that acts",
            "reward[2]: expected one of countdown, math, regex, length_penalty");

    [Theory]
    [InlineData("countdown", "math", "reward[0].math: given, and task is countdown, whose problems it does not know: expected countdown, or task math")]
    [InlineData("math", "countdown", "reward[0].countdown: given, and task is math, whose problems it does not know: expected math, or task countdown")]
    public void A_reward_is_one_of_the_tasks_problems(string task, string reward, string problem) => FluentActions
        .Invoking(() => ConfigRules.Require(Policy(
            $$$"""{"model": ".", "output": "x", "task": "{{{task}}}", "prompts": {{{(task == "math" ? $"\"{Tool.Countdown}/config.json\"" : "null")}}}, "reward": {"{{{reward}}}": {} } }""")))
        .Should().Throw<ConfigException>().Which.Problems.Should().Equal(problem);

    [Fact]
    public void Weights_that_are_all_trained_are_float32_which_is_said_before_they_are_loaded()
    {
        FluentActions.Invoking(() => ConfigRules.Require(Policy("""{"model": ".", "output": "x", "dtype": "bfloat16"}""")))
            .Should().Throw<ConfigException>().Which.Problems.Should().ContainSingle().Which.Should().StartWith("dtype: bfloat16, expected float32 ");
        ConfigRules.Require(Policy("""{"model": ".", "output": "x", "dtype": "bfloat16", "options": {"lora": {}}}"""));
        ConfigRules.Require(Policy("""{"model": ".", "output": "x", "dtype": "bfloat16", "adapter": "."}"""));
    }

    [Fact]
    public void Countdown_is_asked_evaluated_and_rewarded_in_one_format()
    {
        FluentActions.Invoking(() => ConfigRules.Require(Policy("""
            {
              "model": ".", "output": "x", "prompts": {"countdown": {"options": {"format": "tiny_zero"}}, "countdown_format": "tiny_zero"},
              "evaluation": {"countdown": {}}, "reward": [{"countdown": {}}, {"countdown": {"format": "tiny_zero"}}], "options": {"evaluate_every": 5}
            }
            """))).Should().Throw<ConfigException>().Which.Problems.Should().BeEquivalentTo(
                "evaluation: asks as search_trace, and prompts as tiny_zero: expected one format",
                "reward[0].countdown.format: search_trace, and prompts ask as tiny_zero: expected the same",
                "prompts.countdown_format: expected with a file of Countdown problems alone; drawn ones have countdown.options.format");

        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("problems.jsonl"), """{"nums": [5, 7], "target": 12}""");
        foreach (string prompts in (string[])
        [
            $$$"""{"file": "{{{folder.File("problems.jsonl")}}}", "countdown_format": "tiny_zero"}""",
            """{"countdown": {"options": {"format": "tiny_zero"}}}""",
        ])
        {
            PolicyOptimizationConfig config = Policy($$"""{"prompts": {{prompts}}}""");
            var context = new Microsoft.ML.MLContext();
            Microsoft.ML.IDataView rows = config.Load(context).Rows.View;
            context.Data.CreateEnumerable<TaskProblem>(rows, reuseRowObject: false).First().Prompt.Should().Contain("<answer>");
            var answered = context.Data.LoadFromEnumerable([new { Response = "so <answer> 5 + 7 </answer>", Numbers = new[] { 5, 7 }, Target = 12 }]);
            context.Data
                .CreateEnumerable<Rewarded>(RewardChain.Create(context, config).Fit(answered).Transform(answered), reuseRowObject: false)
                .Single().Reward.Should().Be(1);
        }
    }

    private sealed class Rewarded
    {
        public float Reward { get; set; }
    }

    [Fact]
    public void Options_in_options_are_checked_under_their_path() =>
        FluentActions.Invoking(() => ConfigRules.Require(Policy("""{"model": ".", "output": "x", "options": {"credit": {"fraction": 7}}}""")))
            .Should().Throw<ConfigException>().Which.Problems.Should().Equal("options.credit.fraction is 7, expected 0 to 1");

    [Fact]
    public void The_command_line_goes_over_the_file()
    {
        JsonObject config = Parse("""{"options": {"steps": 1}, "prompts": "a.jsonl"}""");
        ConfigOverrides.Apply(config, ["options.steps=5", "options.loss.type=dapo", "output=a=b", "options.rhythm=null"]);
        config.ToJsonString().Should().Be("""{"options":{"steps":5,"loss":{"type":"dapo"},"rhythm":null},"prompts":"a.jsonl","output":"a=b"}""");
        ConfigOverrides.Apply(config, ["output=2024", "adapter=null", "reward[0].regex.pattern=5", "reward[1]={\"math\": {}}", "reward[0].weight=2"]);
        config["output"]!.ToJsonString().Should().Be("\"2024\"", "a folder may have a number for a name");
        config["adapter"].Should().BeNull();
        config["reward"]!.ToJsonString().Should().Be("""[{"regex":{"pattern":"5"},"weight":2},{"math":{}}]""");
        JsonObject only = Parse("""{"reward": {"math": {}}}""");
        ConfigOverrides.Apply(only, ["reward[0].weight=2"]);
        only.ToJsonString().Should().Be("""{"reward":{"math":{},"weight":2}}""", "one reward needs no list");
        FluentActions.Invoking(() => ConfigOverrides.Apply(config, ["reward[7].weight=1", "options[0]=1", "options.rhythm.layers[x]=1"]))
            .Should().Throw<ConfigException>().Which.Problems.Should().SatisfyRespectively(
                first => first.Should().Be("--set reward[7].weight=1: reward has 2 elements, counted from 0"),
                second => second.Should().Be("--set options[0]=1: options is no list, and has no places in it"),
                third => third.Should().StartWith("--set options.rhythm.layers[x]=1: expected a path"));
        FluentActions.Invoking(() => ConfigOverrides.Apply(config, ["steps", "=1", "a..b=1", "prompts.countdown.count=1"]))
            .Should().Throw<ConfigException>().Which.Problems.Should().SatisfyRespectively(
                first => first.Should().StartWith("--set steps: expected a path and a value"),
                second => second.Should().StartWith("--set =1: expected a path"),
                third => third.Should().StartWith("--set a..b=1: expected a path"),
                fourth => fourth.Should().Be("--set prompts.countdown.count=1: prompts is no object, and has no names in it"));
    }

    [Theory]
    [InlineData("[]", "*holds no JSON object*")]
    [InlineData("{\"a\": 1, \"a\": 2}", "*is no JSON*")]
    [InlineData("{", "*is no JSON*")]
    [InlineData(null, "--config is '*', which is a folder: expected a file*train.json*")]
    public void Files_that_hold_something_else_are_refused(string? text, string message)
    {
        using var folder = new TemporaryFolder();
        if (text is null) Directory.CreateDirectory(folder.File("run.json"));
        else File.WriteAllText(folder.File("run.json"), text);
        FluentActions.Invoking(() => ConfigReader.Read(folder.File("run.json"), [])).Should().Throw<InvalidDataException>().WithMessage(message);
    }

    private static JsonObject Parse(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static PolicyOptimizationConfig Policy(string json) => (PolicyOptimizationConfig)ConfigReader.Bind(Parse(json));

    private static IReadOnlyCollection<string> Problems(string json) =>
        FluentActions.Invoking(() => ConfigReader.Bind(Parse(json))).Should().Throw<ConfigException>().Which.Problems;
}
