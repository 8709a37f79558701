using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

/// <summary>Models that read and write text: prompts, what ends responses, what rewards see.</summary>
public sealed class PolicyOptimizationTextTests
{
    private readonly MLContext _ml = new();

    [Fact]
    public void Prompts_may_be_text()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        IDataView prompts = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1 =" }, new { Prompt = "2 + 1 =" }]);
        var reward = _ml.Transforms.CustomMapping<TextRewardInput, RewardOutput>((row, score) => score.Reward = row.Response.Length, null);
        using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(model, reward, Options()).Fit(prompts);
        policy.Transform(prompts).GetColumn<string>("Response").Should().HaveCount(2);
    }

    [Fact]
    public void Prompts_may_be_conversations()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer(chatTemplate: "{% for message in messages %}{{ message.content }} {% endfor %}=");
        IDataView prompts = _ml.Data.LoadFromEnumerable(
        [
            new { Prompt = """[{"role":"user","content":"1 + 1"}]""" },
            new { Prompt = """{"messages":[{"role":"user","content":"2"}]}""" },
        ]);
        var reward = _ml.Transforms.CustomMapping<TextRewardInput, RewardOutput>((row, score) => score.Reward = row.Response.Length, null);
        using var folder = new TemporaryFolder();
        var options = new PolicyOptimizationOptions
        {
            Steps = 1,
            PromptsPerStep = 2,
            Generations = 2,
            MaxNewTokens = 6,
            PromptFormat = PromptFormat.Messages,
            OutputFolder = folder.Path,
            LogSamplesEvery = 1,
            Rhythm = new RhythmOptions { MinimumHorizon = 1, MaximumHorizon = 4 },
        };
        using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(model, reward, options).Fit(prompts);
        File.ReadAllText(Path.Combine(folder.Path, "samples.jsonl")).Should().ContainAny("\"prompt\":\"1 + 1 =\"", "\"prompt\":\"2 =\"");
        policy.Transform(prompts).GetColumn<string>("Response").Should().HaveCount(2, "the trained policy reads conversations too");
    }

    [Fact]
    public void Stop_strings_end_responses_of_steps_evaluations_and_the_trained_policy()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        IDataView prompts = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1 =" }, new { Prompt = "2 + 1 =" }]);
        var seen = new List<string>();
        var reward = _ml.Transforms.CustomMapping<TextRewardInput, RewardOutput>((row, score) =>
        {
            seen.Add(row.Response);
            score.Reward = row.Response.Length;
        }, null);
        string[] stops = ["1", "b2", "+", "="];
        using var folder = new TemporaryFolder();
        var told = new ProgressList();
        PolicyOptimizationOptions options = Options(steps: 2) with
        {
            MaxNewTokens = 40,
            Progress = told,
            StopStrings = stops,
            StopTokenIds = [],
            EvaluateEvery = 1,
            LogSamplesEvery = 1,
            OutputFolder = folder.Path,
        };
        using PolicyTransformer policy = _ml.Policies.Trainers.PolicyOptimization(model, reward, options).Fit(prompts, prompts);

        seen.Should().AllSatisfy(text => EndsAtTheFirstStop(text).Should().BeTrue(text));
        told.Should().OnlyContain(step => step.Metrics["completions/clipped_ratio"] == 0 && step.Metrics["eval_completions/clipped_ratio"] == 0);
        JsonNode[] samples = [.. File.ReadLines(folder.File("samples.jsonl")).Select(line => JsonNode.Parse(line)!)];
        samples.Select(sample => (string?)sample["finish_reason"]).Should().OnlyContain(reason => reason == "stop_string");
        samples.Select(sample => (string?)sample["response"]).Should().BeSubsetOf(seen);
        foreach (JsonNode sample in samples)
            string.Concat(sample["prompt_tokens"]!.AsArray().Select(token => (string?)token)).Should().Be((string?)sample["prompt"]);
        policy.Transform(prompts).GetColumn<string>("Response")
            .Should().AllSatisfy(text => EndsAtTheFirstStop(text).Should().BeTrue("a reward is to judge it as in training"));

        bool EndsAtTheFirstStop(string text) => stops.Any(stop => text.EndsWith(stop, StringComparison.Ordinal)) && !stops.Any(text[..^1].Contains);
    }

    [Fact]
    public void What_a_model_lacks_to_end_responses_is_refused_when_the_trainer_is_made()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        Refused(model, Options() with { StopStrings = ["<eos>"] }, "PolicyOptimizationOptions: StopStrings[0] is a text with '<eos>'*add 0 to StopTokenIds*");
        Refused(model, Options() with { StopTokenIds = [12] }, "*StopTokenIds is 12, expected ids from 0 to 11*");
        using CausalLanguageModel idsOnly = TinyModels.Create();
        Refused(idsOnly, Options() with { StopStrings = ["."] }, "*no tokenizer*");
        Refused(idsOnly, Options() with { StopStrings = ["", null!] }, "*StopStrings[0] is empty*StopStrings[1] is null*no tokenizer*");

        void Refused(CausalLanguageModel policy, PolicyOptimizationOptions options, string message) =>
            FluentActions.Invoking(() => _ml.Policies.Trainers.PolicyOptimization(policy, _ml.Transforms.CopyColumns("Reward", "Wanted"), options))
                .Should().Throw<InvalidOptionsException>().WithMessage(message);
    }

    [Theory]
    [InlineData("<eos>", false, false)]
    [InlineData("e", false, true)]
    [InlineData("e", true, false)]
    public void A_tokenizer_that_ends_texts_where_the_model_does_not_stop_is_told_once(string endOfText, bool hasStops, bool told)
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer(eosToken: endOfText);
        var warnings = new List<string>();
        _ml.Log += (_, entry) =>
        {
            if (entry.Message.Contains("The tokenizer ends texts", StringComparison.Ordinal)) warnings.Add(entry.Message);
        };
        IDataView prompts = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1 =" }]);
        PolicyOptimizationOptions options = Options(steps: 2) with { StopTokenIds = hasStops ? [0] : null };
        var reward = _ml.Transforms.CustomMapping<TextRewardInput, RewardOutput>((row, score) => score.Reward = row.Response.Length, null);
        _ml.Policies.Trainers.PolicyOptimization(model, reward, options).Fit(prompts).Dispose();
        warnings.Should().HaveCount(told ? 1 : 0);
        if (told)
            warnings[0].Should().Contain(
                "token 5 ('e'), which is none of those that the model stops at (0), so that a response goes on behind it. Set StopTokenIds to [0, 5]");
    }

    [Fact]
    public void Text_outside_the_vocabulary_is_told_of_prompts_of_validation_and_of_rows()
    {
        using CausalLanguageModel model = TinyModels.CreateWithUnknown();
        IDataView prompts = _ml.Data.LoadFromEnumerable(new[] { "1 + 1 =", "2 - 1 =", "x+", "1" }.Select(prompt => new { Prompt = prompt }));
        IDataView known = _ml.Data.LoadFromEnumerable([new { Prompt = "1", Response = "2" }]),
            rows = _ml.Data.LoadFromEnumerable([new { Prompt = "1", Response = "2" }, new { Prompt = "x", Response = "y" }]);
        var reward = _ml.Transforms.CustomMapping<TextRewardInput, RewardOutput>((row, score) => score.Reward = row.Response.Length, null);
        PolicyOptimizationTrainer trainer = _ml.Policies.Trainers.PolicyOptimization(model, reward, Options() with { EvaluateEvery = 1 });
        const string first = "2 of 4 prompts have text that the tokenizer does not know, such as '-' in row 1: the model reads '<unk>' instead";
        Told("does not know", () => trainer.Fit(prompts, known)).Should().ContainSingle().Which.Should().Contain(first);
        Told("does not know", () => trainer.Fit(known, prompts)).Should().ContainSingle().Which.Should().Contain(first);
        var tuning = new SupervisedFineTuningOptions { Steps = 1 };
        Told("does not know", () => _ml.Policies.Trainers.SupervisedFineTuning(model, tuning).Fit(rows))
            .Should().ContainSingle().Which.Should().Contain("1 of 2 rows have text that the tokenizer does not know, such as 'y' in row 1");
        IDataView recorded = _ml.Data.LoadFromEnumerable(
            "abcx".Select((letter, i) => new { Prompt = "1", Response = $"{letter}", Reward = i * 1f, Group = 0 }));
        Told("does not know", () => _ml.Policies.Trainers
            .PolicyOptimization(model, new RecordedRollouts(), Options() with { PromptsPerStep = 1 })
            .Fit(recorded))
            .Should().ContainSingle().Which.Should().Contain("1 of 4 rows have text that the tokenizer does not know, such as 'x' in row 3");
    }

    [Fact]
    public void Conversations_that_are_read_as_plain_text_are_told()
    {
        using CausalLanguageModel model = TinyModels.CreateWithTokenizer();
        IDataView rows = _ml.Data.LoadFromEnumerable([new { Prompt = """[{"role":"user","content":"1"}]""", Response = "1" }]);
        var reward = _ml.Transforms.CustomMapping<TextRewardInput, RewardOutput>((row, score) => score.Reward = row.Response.Length, null);
        const string told = "Column 'Prompt' looks like a conversation";
        Told(told, () => _ml.Policies.Trainers.PolicyOptimization(model, reward, Options()).Fit(rows)).Should().ContainSingle();
        Told(told, () => _ml.Policies.Trainers.SupervisedFineTuning(model, new SupervisedFineTuningOptions { Steps = 1 }).Fit(rows)).Should().ContainSingle();
    }

    private List<string> Told(string what, Func<PolicyTransformer> train)
    {
        var warnings = new List<string>();
        EventHandler<LoggingEventArgs> listen = (_, entry) =>
        {
            if (entry.Message.Contains(what, StringComparison.Ordinal)) warnings.Add(entry.Message);
        };
        _ml.Log += listen;
        train().Dispose();
        _ml.Log -= listen;
        return warnings;
    }

    private static PolicyOptimizationOptions Options(int steps = 1) => new()
    {
        Steps = steps,
        LearningRate = 1e-3,
        PromptsPerStep = 4,
        Generations = 4,
        MiniBatches = 2,
        MaxNewTokens = 12,
        Rhythm = new RhythmOptions { Grouping = HeadGrouping.PerBatch, MinimumHorizon = 1, MaximumHorizon = 8 },
    };

    private sealed class TextRewardInput
    {
        public string Response { get; set; } = "";
    }
}
