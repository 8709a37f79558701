using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

public sealed class PerturbationTestTests
{
    private static readonly string Embedded = Repository.Path("models", "countdown");

    public static IEnumerable<TheoryDataRow<int>> Problems =>
        Enumerable.Range(0, Golden.Root is null ? 1 : Golden.Json("perturbation", "cases.json").GetProperty("problems").GetArrayLength())
            .Select(problem => new TheoryDataRow<int>(problem));

    [Theory]
    [MemberData(nameof(Problems))]
    public void Positions_candidates_and_overlaps_are_those_of_the_reference_with_the_real_model(int index)
    {
        JsonElement problem = Golden.Json("perturbation", "cases.json").GetProperty("problems")[index];
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(RealModel.Require());

        PerturbedResponse actual = PerturbationTest.Run(
            model,
            [new TokenSequence(Ids(problem, "prompt_ids"), Ids(problem, "response_ids"))],
            new PerturbationOptions { Draws = 100 }).Responses.Single();

        PerturbationTrial[] trials = [.. actual.High, .. actual.Low];
        JsonElement[] expected = [.. problem.GetProperty("trials").EnumerateArray()];
        trials.Select(trial => trial.Position).Should().Equal(expected.Select(trial => trial.GetProperty("position").GetInt32()));
        trials.Select(trial => trial.Token).Should().Equal(expected.Select(trial => trial.GetProperty("token").GetInt32()));
        int compared = 0;
        foreach ((PerturbationTrial trial, JsonElement reference) in trials.Zip(expected)
            .Where(pair => pair.Second.GetProperty("smallest_margin").GetDouble() > 1e-3))
        {
            trial.Jaccard.Should().BeApproximately(reference.GetProperty("jaccard").GetDouble(), 1e-12);
            compared++;
        }
        compared.Should().BeGreaterThan(trials.Length / 2);
    }

    [Fact]
    public void A_view_of_generated_rows_is_tested_and_the_result_prints_and_serialises()
    {
        var ml = new MLContext(seed: 1);
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Embedded);
        IDataView problems = ml.Data.LoadFromEnumerable(Countdown.Generate(4, seed: 5));
        IDataView answered = ml.Data.Cache(ml.Transforms.GenerateText(model, temperature: 0).Fit(problems).Transform(problems));
        var done = new List<int>();
        var options = new PerturbationOptions { Positions = 2, Rhythm = new RhythmOptions { MinimumHorizon = 4, MaximumHorizon = null }, Draws = 200 };

        PerturbationResult result = PerturbationTest.Run(ml, model, answered, options, progress: new Immediate(done.Add));

        done.Should().Equal(1, 2, 3, 4);
        (result.Responses.Count + result.Skipped).Should().Be(4);
        result.Responses.Should().AllSatisfy(response =>
        {
            (response.High.Count, response.Low.Count).Should().Be((6, 6));
            response.High.Concat(response.Low).Should().OnlyContain(trial => trial.Jaccard >= 0 && trial.Jaccard <= 1);
        });
        result.HighMean.Should().BeApproximately(result.Responses.Average(response => response.HighMean), 1e-12);
        result.PValue.Should().BeInRange(1 / 8.0, 1, "of four responses there are sixteen signs");
        result.DifferenceInterval.Contains(result.Difference).Should().BeTrue();
        result.ToString().Should().Contain("responses with high < low");
        JsonDocument.Parse(result.ToJson()).RootElement.GetProperty("high_mean").GetDouble().Should().Be(result.HighMean);
    }

    [Fact]
    public void Prompts_are_read_as_they_were_when_they_were_answered_and_a_log_is_warned_where_tokens_are_gone()
    {
        var ml = new MLContext(seed: 1);
        var warnings = new List<string>();
        ml.Log += (_, log) =>
        {
            if (log.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(log.Message);
        };
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Embedded)) File.Copy(file, folder.File(Path.GetFileName(file)));
        File.WriteAllText(folder.File("chat_template.jinja"), "{{ messages[0].content }}");
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder.Path);
        string[] prompts = [.. Countdown.Generate(2, seed: 5).Select(problem => problem.Prompt)];
        IDataView conversations = ml.Data.LoadFromEnumerable(prompts.Select(
            prompt => new { Question = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt }).ToJsonString() }));
        IDataView answered = ml.Transforms
            .GenerateText(model, inputColumnName: "Question", temperature: 0, promptFormat: PromptFormat.Messages)
            .Fit(conversations).Transform(conversations);
        var options = new PerturbationOptions { Positions = 2, Rhythm = new RhythmOptions { MinimumHorizon = 4, MaximumHorizon = null }, Draws = 100 };
        TokenSequence[] sequences = [.. prompts.Zip(
            answered.GetColumn<int[]>("ResponseTokenIds"),
            (prompt, response) => new TokenSequence(model.Tokenizer.Encode(prompt, addSpecialTokens: false), response))];

        PerturbationResult result = PerturbationTest.Run(ml, model, answered, options, promptColumnName: "Question");

        result.ToJson().Should().Be(PerturbationTest.Run(model, sequences, options).ToJson());
        warnings.Should().BeEmpty();
        IDataView bare = ml.Transforms.DropColumns("ResponseTokenIds").Fit(answered).Transform(answered);
        PerturbationTest.Run(ml, model, bare, options, promptColumnName: "Question");
        warnings.Should().Contain(warning => warning.Contains("'ResponseTokenIds'"));
        FluentActions.Invoking(() => PerturbationTest.Run(ml, model, answered, options, promptFormat: (PromptFormat)7))
            .Should().Throw<InvalidOptionsException>().WithMessage("*PromptFormat is 7*");
    }

    [Fact]
    public void It_is_cancelled_while_rows_are_read()
    {
        var ml = new MLContext(seed: 1);
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Embedded);
        using var stop = new CancellationTokenSource();
        int read = 0;
        IEnumerable<Answered> Rows()
        {
            for (; read < 1_000; read++)
            {
                if (read == 5) stop.Cancel();
                yield return new Answered { Prompt = "numbers 1 2 3 target 6 :", Response = "1 + 2" };
            }
        }

        FluentActions.Invoking(() => PerturbationTest.Run(ml, model, ml.Data.LoadFromEnumerable(Rows()), cancellationToken: stop.Token))
            .Should().Throw<OperationCanceledException>();

        read.Should().BeLessThan(1_000);
    }

    [Fact]
    public void A_greedy_response_goes_on_as_it_was_where_its_own_token_is_forced_and_that_token_can_be_left_out()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Embedded);
        int[] prompt = model.Tokenizer.Encode(Countdown.Generate(1, seed: 9)[0].Prompt);
        int[] response = model.Generate([prompt], new GenerationOptions { Temperature = 0 })[0].TokenIds;
        PerturbationOptions Options(bool includeOriginal) => new()
        {
            Positions = 2,
            IncludeOriginal = includeOriginal,
            Rhythm = new RhythmOptions { MinimumHorizon = 1, MaximumHorizon = null },
            Draws = 100,
        };

        PerturbedResponse with = PerturbationTest.Run(model, [new TokenSequence(prompt, response)], Options(true)).Responses[0],
            without = PerturbationTest.Run(model, [new TokenSequence(prompt, response)], Options(false)).Responses[0];

        with.High.Concat(with.Low).Where(trial => trial.Token == response[trial.Position]).Should().HaveCount(4).And.OnlyContain(trial => trial.Jaccard == 1);
        without.High.Concat(without.Low).Should().HaveCount(12).And.NotContain(trial => trial.Token == response[trial.Position]);
    }

    [Fact]
    public void Each_continuation_is_as_long_as_the_rest_that_it_replaces_may_be_however_many_are_computed_together()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Embedded);
        int[] prompt = model.Tokenizer.Encode(Countdown.Generate(1, seed: 9)[0].Prompt);
        int[] response = model.Generate([prompt], new GenerationOptions { Temperature = 0, MaxNewTokens = 24 })[0].TokenIds;
        PerturbationTrial[] Trials(int batchSize)
        {
            var options = new PerturbationOptions
            {
                Positions = response.Length / 2,
                BatchSize = batchSize,
                Rhythm = new RhythmOptions { MinimumHorizon = 0, MaximumHorizon = null },
                Draws = 100,
            };
            PerturbedResponse perturbed = PerturbationTest.Run(model, [new TokenSequence(prompt, response)], options).Responses.Single();
            return [.. perturbed.High, .. perturbed.Low];
        }

        PerturbationTrial[] together = Trials(1_000), alone = Trials(1);

        together.Should().BeEquivalentTo(alone, order => order.WithStrictOrdering());
        together.Should()
            .OnlyContain(trial => trial.Continuation.Length <= response.Length - trial.Position - 1)
            .And.Contain(trial => trial.Continuation.Length == response.Length - trial.Position - 1 && trial.Continuation.Length > 0);
        together.Where(trial => trial.Position == response.Length - 1).Should().HaveCount(3).And.OnlyContain(trial => trial.Continuation.Length == 0);
    }

    [Fact]
    public void A_token_may_be_among_the_highest_and_the_lowest_where_values_are_equal()
    {
        // Every token sees itself alone, so that all FAI is 0.
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.GetFiles(Embedded)) File.Copy(file, folder.File(Path.GetFileName(file)));
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder.File("config.json")))!.AsObject();
        (config["model_type"], config["architectures"], config["sliding_window"]) = ("mistral", new JsonArray("MistralForCausalLM"), 1);
        File.WriteAllText(folder.File("config.json"), config.ToJsonString());
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder.Path);
        var options = new PerturbationOptions { Positions = 2, Rhythm = new RhythmOptions { MinimumHorizon = 1, MaximumHorizon = null }, Draws = 100 };

        PerturbedResponse perturbed = PerturbationTest.Run(model, [new TokenSequence([5, 6, 7], [8, 9, 10, 11, 12, 13])], options).Responses.Single();

        perturbed.High.Select(trial => trial.Position).Should().Equal(0, 0, 0, 1, 1, 1);
        perturbed.Low.Should().BeEquivalentTo(perturbed.High, order => order.WithStrictOrdering());
    }

    [Fact]
    public void Responses_that_are_all_too_short_and_options_out_of_range_are_named()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Embedded);
        FluentActions.Invoking(() => PerturbationTest.Run(model, [new TokenSequence([1, 2], [3, 4])]))
            .Should().Throw<ArgumentException>().WithMessage("*None of the 1 responses has 10 tokens*");
        FluentActions.Invoking(() => PerturbationTest.Run(
            model,
            [new TokenSequence([1], [])],
            new PerturbationOptions { Positions = 0, Candidates = 0, BatchSize = 0, Draws = 1 }))
            .Should().Throw<ArgumentException>()
            .Which.Message.Should().ContainAll("Positions is 0", "Candidates is 0", "BatchSize is 0", "Draws is 1");
    }

    private static int[] Ids(JsonElement from, string name) => [.. from.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];

    private sealed class Answered
    {
        public string Prompt { get; set; } = "";

        public string Response { get; set; } = "";
    }

    private sealed class Immediate(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
