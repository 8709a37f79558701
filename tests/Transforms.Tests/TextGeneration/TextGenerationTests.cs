using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class TextGenerationTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _data;

    public TextGenerationTests() => _data = _ml.Data.LoadFromEnumerable(TextPair.Make(20).Select(pair => new { pair.Prompt }));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Greedy_responses_are_the_models_own()
    {
        GeneratedRow[] rows = Rows(Fit(temperature: 0).Transform(_data));
        foreach ((GeneratedRow row, TextPair pair) in rows.Zip(TextPair.Make(20)))
        {
            GeneratedSequence expected = _model.Generate(
                [_model.Tokenizer.Encode(pair.Prompt)],
                new GenerationOptions { MaxNewTokens = 12, Temperature = 0 })[0];
            row.ResponseTokenIds.Should().Equal(expected.TokenIds);
            row.Response.Should().Be(_model.Tokenizer.Decode(expected.TokenIds, skipSpecialTokens: true));
            row.FinishReason.Should().Be(expected.FinishReason.ToString());
            row.ResponseLogProbabilities.Zip(expected.LogProbabilities).Should().AllSatisfy(pair => pair.First.Should().BeApproximately(pair.Second, 1e-4f));
        }
    }

    [Fact]
    public void A_second_model_in_a_chain_hides_nothing_of_the_first()
    {
        using CausalLanguageModel judge = TinyModels.Create(seed: 9);
        IDataView first = Fit(temperature: 0).Transform(_data);
        IDataView both = _ml.Transforms.GenerateText(judge, "Verdict", "Response", maxNewTokens: 3, temperature: 0).Fit(first).Transform(first);
        both.Schema.Where(column => !column.IsHidden).Select(column => column.Name).Should().Equal(
            "Prompt", "Response", "ResponseTokenIds", "ResponseLogProbabilities", "FinishReason",
            "Verdict", "VerdictTokenIds", "VerdictLogProbabilities", "VerdictFinishReason");
        both.Schema.Should().OnlyContain(column => !column.IsHidden);
        both.GetColumn<int[]>("ResponseTokenIds").Should().BeEquivalentTo(first.GetColumn<int[]>("ResponseTokenIds"));
    }

    [Fact]
    public void Output_columns_need_names_of_their_own() =>
        FluentActions.Invoking(() => _ml.Transforms.GenerateText(_model, new TextGenerationOptions
        {
            PromptColumnName = "",
            ResponseColumnName = "Text",
            FinishReasonColumnName = "TextTokenIds",
        })).Should().Throw<InvalidOptionsException>()
            .WithMessage("*PromptColumnName is empty*output columns is Text, TextTokenIds, TextLogProbabilities, TextTokenIds, expected*each once*");

    [Fact]
    public void Stop_strings_end_the_text_and_not_the_token_ids_before_and_after_loading()
    {
        var options = new TextGenerationOptions
        {
            BatchSize = 7,
            Generation = new GenerationOptions { MaxNewTokens = 30, StopStrings = ["ab", "1"], Seed = 5 },
        };
        PolicyTransformer fitted = _ml.Transforms.GenerateText(_model, options).Fit(_data);
        GeneratedRow[] rows = Rows(fitted.Transform(_data));
        rows.Select(row => row.FinishReason).Distinct().Should().BeEquivalentTo("StopToken", "StopString");
        foreach (GeneratedRow row in rows)
        {
            string whole = _model.Tokenizer.Decode(row.ResponseTokenIds, skipSpecialTokens: true);
            row.Response.Should().Be(row.FinishReason == "StopString" ? whole[..(whole.EndsWith('1') ? ^1 : ^2)] : whole);
        }

        using var folder = new TemporaryFolder();
        _ml.Model.Save(fitted, _data.Schema, folder.File("model.zip"));
        using var loaded = (PolicyTransformer)new MLContext().Model.Load(folder.File("model.zip"), out _);
        Rows(loaded.Transform(_data)).Should().BeEquivalentTo(rows, it => it.WithStrictOrdering());
    }

    [Fact]
    public void What_the_model_lacks_is_named_when_the_estimator_is_made()
    {
        using CausalLanguageModel silent = TinyModels.CreateWithoutTokenizer();
        Refused(silent, new() { StopStrings = ["a"] }, "*StopStrings*no tokenizer*");
        Refused(_model, new() { StopStrings = ["a<eos>"] }, "*StopStrings[0]*'<eos>'*StopTokenIds*");
        Refused(_model, new() { StopTokenIds = [13] }, "*StopTokenIds is 13*");
        Refused(_model, new() { BatchSize = 4 }, "*Generation.BatchSize is 4*TextGenerationOptions.BatchSize*");

        void Refused(CausalLanguageModel model, GenerationOptions generation, string message) =>
            _ml.Transforms.Invoking(it => it.GenerateText(model, new TextGenerationOptions { Generation = generation }))
                .Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void A_batch_whose_cache_would_not_fit_is_refused_with_what_to_lower()
    {
        // 2 · 3 layers · 2 heads · 8 numbers of 4 bytes a position; five to six tokens a prompt.
        var generation = new GenerationOptions { MaxNewTokens = 30, MaximumCacheBytes = 4 * 384 * 40 };
        Rows(Fit(new() { BatchSize = 4, Generation = generation }).Transform(_data)).Should().HaveCount(20);
        Fit(new() { BatchSize = 8, Generation = generation }).Invoking(it => Rows(it.Transform(_data)))
            .Should().Throw<ArgumentException>().WithMessage("*MaximumCacheBytes*8 responses*Lower BatchSize to 4*");

        PolicyTransformer Fit(TextGenerationOptions options) => _ml.Transforms.GenerateText(_model, options).Fit(_data);
    }

    [Fact]
    public void A_seed_repeats_the_responses_whatever_the_batch_and_the_order_of_rows()
    {
        GeneratedRow[] one = Rows(Fit(batchSize: 1).Transform(_data)),
            many = Rows(Fit(batchSize: 7).Transform(_data)),
            other = Rows(Fit(seed: 2).Transform(_data));
        many.Select(row => row.Response).Should().Equal(one.Select(row => row.Response));
        other.Select(row => row.Response).Should().NotEqual(one.Select(row => row.Response));
        IDataView shuffled = Fit().Transform(_ml.Data.ShuffleRows(_data, seed: 5));
        Rows(shuffled).Select(row => row.Response).Should().BeEquivalentTo(one.Select(row => row.Response)).And.NotEqual(one.Select(row => row.Response));
    }

    [Fact]
    public void Equal_prompts_get_different_samples()
    {
        IDataView same = _ml.Data.LoadFromEnumerable(Enumerable.Repeat(new { Prompt = "1 + 1 =" }, 8));
        Rows(Fit().Transform(same)).Select(row => row.Response).Distinct().Should().HaveCountGreaterThan(1);
    }

    [Fact]
    public void Prompts_may_be_token_ids_and_without_a_tokenizer_responses_are_ids_in_decimal()
    {
        using CausalLanguageModel model = TinyModels.CreateWithoutTokenizer();
        IDataView data = _ml.Data.LoadFromEnumerable(IdPair.Make(5).Select(pair => new { pair.Prompt }));
        GeneratedRow[] rows = Rows(_ml.Transforms.GenerateText(model, maxNewTokens: 5).Fit(data).Transform(data));
        rows.Should().AllSatisfy(row => row.Response.Should().Be(string.Join(' ', row.ResponseTokenIds)));
    }

    [Fact]
    public void The_schema_has_the_columns_and_annotations_that_were_promised()
    {
        TextGenerationEstimator estimator = _ml.Transforms.GenerateText(_model, maxNewTokens: 3);
        DataViewSchema delivered = estimator.Fit(_data).GetOutputSchema(_data.Schema);
        static IEnumerable<string> Describe(SchemaShape shape) => shape.Select(column =>
            $"{column.Name} {column.Kind} {column.ItemType} {string.Join(',', column.Annotations.Select(annotation => annotation.Name))}");
        string[] promised = [.. Describe(estimator.GetOutputSchema(MLNetInternals.CreateShape(_data.Schema)))];
        promised.Should().Equal(Describe(MLNetInternals.CreateShape(delivered)));
        promised.Should().Contain(column => column.StartsWith("Response Scalar String") && column.Contains("LanguageModel") && column.Contains("TokenIds"));
    }

    [Fact]
    public void A_prompt_that_leaves_no_room_is_named_by_its_row()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = "1" }, new { Prompt = "2" }, new { Prompt = new string('1', TinyModels.Context - 5) }]);
        PolicyTransformer fitted = Fit();
        fitted.Invoking(it => Rows(it.Transform(data)))
            .Should().Throw<ArgumentException>().WithMessage($"*Row 2*{TinyModels.Context - 5}*{TinyModels.Context}*");
    }

    [Fact]
    public void An_empty_prompt_is_named_by_its_row()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = "1" }, new { Prompt = "" }]);
        Fit().Invoking(it => Rows(it.Transform(data))).Should().Throw<ArgumentException>().WithMessage("*Row 1*prompt*no tokens*");
    }

    [Fact]
    public void Text_without_a_tokenizer_stops_a_chain_before_any_work()
    {
        using CausalLanguageModel model = TinyModels.CreateWithoutTokenizer();
        var first = new LetterCounterEstimator(_ml, new LetterCounter.State(Input: "Prompt"));
        first.Append(_ml.Transforms.GenerateText(model)).Invoking(it => it.Fit(_data))
            .Should().Throw<InvalidOperationException>().WithMessage("*'Prompt'*text*tokenizer*");
        first.Fits.Should().Be(0);
    }

    [Fact]
    public void A_missing_or_wrong_prompt_column_is_named()
    {
        TextGenerationEstimator estimator = _ml.Transforms.GenerateText(_model, maxNewTokens: 3);
        estimator.Invoking(it => it.Fit(_ml.Data.LoadFromEnumerable([new { Question = "1" }])))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*Question*");
        estimator.Invoking(it => it.Fit(_ml.Data.LoadFromEnumerable([new { Prompt = 1.5f }])))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*Single*");
    }

    [Fact]
    public void Without_a_maximum_a_response_may_fill_the_context_whatever_its_neighbours()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = "1" }, new { Prompt = "1 + 2 = 3 + 1" }]);
        var options = new TextGenerationOptions { Generation = new GenerationOptions { StopTokenIds = [] } };
        GeneratedRow[] rows = Rows(_ml.Transforms.GenerateText(_model, options).Fit(data).Transform(data));
        rows.Select(row => row.ResponseTokenIds.Length).Should().Equal(TinyModels.Context - 1, TinyModels.Context - 13);
        rows.Should().OnlyContain(row => row.FinishReason == "Length");
    }

    [Fact]
    public void Options_that_a_row_cannot_have_are_refused()
    {
        Action create = () => _ml.Transforms.GenerateText(_model, new TextGenerationOptions
        {
            BatchSize = 0,
            PromptFormat = (PromptFormat)9,
            Generation = new GenerationOptions { PromptSeeds = [] },
        });
        create.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("BatchSize is 0", "PromptFormat is 9", "PromptSeeds is given");
        Action temperature = () => _ml.Transforms.GenerateText(_model, temperature: -1);
        temperature.Should().Throw<ArgumentException>().WithMessage("*Temperature is -1*");
    }

    [Fact]
    public void A_cancelled_token_stops_generation()
    {
        using var source = new CancellationTokenSource();
        PolicyTransformer fitted = _ml.Transforms.GenerateText(_model, new TextGenerationOptions
        {
            CancellationToken = source.Token,
            Generation = new GenerationOptions { MaxNewTokens = 5 },
        }).Fit(_data);
        source.Cancel();
        fitted.Invoking(it => Rows(it.Transform(_data))).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void A_prediction_engine_answers()
    {
        using PredictionEngine<TextPair, GeneratedRow> engine = _ml.Model.CreatePredictionEngine<TextPair, GeneratedRow>(
            Fit(temperature: 0),
            new PredictionEngineOptions { OwnsTransformer = false });
        engine.Predict(TextPair.Make(1)[0]).ResponseTokenIds.Should().NotBeEmpty();
    }

    [Fact]
    public void Live_tensors_are_flat_over_two_hundred_transforms()
    {
        IDataView data = _ml.Data.TakeRows(_data, 2);
        PolicyTransformer fitted = Fit();
        Rows(fitted.Transform(data));
        long before = LiveTensors.Settle();
        for (int i = 0; i < 200; i++) Rows(fitted.Transform(data));
        LiveTensors.Now.Should().Be(before);
    }

    private PolicyTransformer Fit(double temperature = 1, long seed = 1, int batchSize = 4) => _ml.Transforms.GenerateText(_model, new TextGenerationOptions
    {
        BatchSize = batchSize,
        Generation = new GenerationOptions { MaxNewTokens = 12, Temperature = temperature, Seed = seed },
    }).Fit(_data);

    private GeneratedRow[] Rows(IDataView view) => [.. _ml.Data.CreateEnumerable<GeneratedRow>(view, reuseRowObject: false)];
}
