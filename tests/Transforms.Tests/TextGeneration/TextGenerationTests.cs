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
            GeneratedSequence expected = _model.Generate([_model.Tokenizer.Encode(pair.Prompt)], new GenerationOptions { MaxNewTokens = 12, Temperature = 0 })[0];
            row.ResponseTokenIds.Should().Equal(expected.TokenIds);
            row.Response.Should().Be(_model.Tokenizer.Decode(expected.TokenIds, skipSpecialTokens: true));
            row.FinishReason.Should().Be(expected.FinishReason.ToString());
            row.ResponseLogProbabilities.Zip(expected.LogProbabilities).Should().AllSatisfy(pair => pair.First.Should().BeApproximately(pair.Second, 1e-4f));
        }
    }

    [Fact]
    public void A_seed_repeats_the_responses_whatever_the_batch_and_the_order_of_rows()
    {
        GeneratedRow[] one = Rows(Fit(batchSize: 1).Transform(_data)), many = Rows(Fit(batchSize: 7).Transform(_data)), other = Rows(Fit(seed: 2).Transform(_data));
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
        static IEnumerable<string> Describe(SchemaShape shape) => shape.Select(column => $"{column.Name} {column.Kind} {column.ItemType} {string.Join(',', column.Annotations.Select(annotation => annotation.Name))}");
        string[] promised = [.. Describe(estimator.GetOutputSchema(MLNetInternals.CreateShape(_data.Schema)))];
        promised.Should().Equal(Describe(MLNetInternals.CreateShape(delivered)));
        promised.Should().Contain(column => column.StartsWith("Response Scalar String") && column.Contains("LanguageModel") && column.Contains("TokenIds"));
    }

    [Fact]
    public void A_prompt_that_leaves_no_room_is_named_by_its_row()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = "1" }, new { Prompt = "2" }, new { Prompt = new string('1', TinyModels.Context - 5) }]);
        PolicyTransformer fitted = Fit();
        fitted.Invoking(it => Rows(it.Transform(data))).Should().Throw<ArgumentException>().WithMessage($"*Row 2*{TinyModels.Context - 5}*{TinyModels.Context}*");
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
        first.Append(_ml.Transforms.GenerateText(model)).Invoking(it => it.Fit(_data)).Should().Throw<InvalidOperationException>().WithMessage("*'Prompt'*text*tokenizer*");
        first.Fits.Should().Be(0);
    }

    [Fact]
    public void A_missing_or_wrong_prompt_column_is_named()
    {
        TextGenerationEstimator estimator = _ml.Transforms.GenerateText(_model, maxNewTokens: 3);
        estimator.Invoking(it => it.Fit(_ml.Data.LoadFromEnumerable([new { Question = "1" }]))).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*Question*");
        estimator.Invoking(it => it.Fit(_ml.Data.LoadFromEnumerable([new { Prompt = 1.5f }]))).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*Single*");
    }

    [Fact]
    public void Options_that_a_row_cannot_have_are_refused()
    {
        Action create = () => _ml.Transforms.GenerateText(_model, new TextGenerationOptions { BatchSize = 0, Generation = new GenerationOptions { SamplesPerPrompt = 2 } });
        create.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("BatchSize is 0", "SamplesPerPrompt is 2");
        Action temperature = () => _ml.Transforms.GenerateText(_model, temperature: -1);
        temperature.Should().Throw<ArgumentException>().WithMessage("*Temperature is -1*");
    }

    [Fact]
    public void A_cancelled_token_stops_generation()
    {
        using var source = new CancellationTokenSource();
        PolicyTransformer fitted = _ml.Transforms.GenerateText(_model, new TextGenerationOptions { CancellationToken = source.Token, Generation = new GenerationOptions { MaxNewTokens = 5 } }).Fit(_data);
        source.Cancel();
        fitted.Invoking(it => Rows(it.Transform(_data))).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void A_prediction_engine_answers()
    {
        using PredictionEngine<TextPair, GeneratedRow> engine = _ml.Model.CreatePredictionEngine<TextPair, GeneratedRow>(Fit(temperature: 0), new PredictionEngineOptions { OwnsTransformer = false });
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
