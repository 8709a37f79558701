using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class SamplesPerPromptTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _data;

    public SamplesPerPromptTests() => _data = _ml.Data.LoadFromEnumerable(TextPair.Make(7).Select((pair, i) => new { pair.Prompt, Number = i }).ToArray());

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Every_row_becomes_as_many_that_say_where_they_came_from()
    {
        IDataView view = Fit(samples: 3).Transform(_data);
        view.GetRowCount().Should().Be(21);
        view.GetColumn<long>("PromptIndex").Should().Equal(Enumerable.Range(0, 21).Select(i => (long)(i / 3)));
        view.GetColumn<int>("SampleIndex").Should().Equal(Enumerable.Range(0, 21).Select(i => i % 3));
        view.GetColumn<int>("Number").Should().Equal(Enumerable.Range(0, 21).Select(i => i / 3));
        view.GetColumn<string>("Prompt").Should().Equal(TextPair.Make(7).SelectMany(pair => Enumerable.Repeat(pair.Prompt, 3)));
        Responses(view).Distinct().Should().HaveCountGreaterThan(7);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(100)]
    public void Samples_do_not_depend_on_the_batch_and_the_first_is_the_one_of_a_single_sample(int batchSize)
    {
        string[] rows = Responses(Fit(samples: 3, batchSize).Transform(_data));
        rows.Should().Equal(Responses(Fit(samples: 3).Transform(_data)));
        rows.Where((_, i) => i % 3 == 0).Should().Equal(Responses(Fit(samples: 1).Transform(_data)));
    }

    [Fact]
    public void They_are_the_models_own_samples()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 1 =" }]);
        string[] expected = [.. _model.Generate(
            [_model.Tokenizer.Encode("1 + 1 =")],
            new GenerationOptions { MaxNewTokens = 12, SamplesPerPrompt = 4, PromptSeeds = [RowSeed.Of(1, new DataViewRowId(0, 0))] })
            .Select(sequence => sequence.Text!)];
        Responses(Fit(samples: 4).Transform(data)).Should().Equal(expected);
    }

    [Fact]
    public void Rows_have_ids_of_their_own_and_a_shuffled_view_keeps_a_prompts_samples_together()
    {
        IDataView view = Fit(samples: 3).Transform(_data);
        using (DataViewRowCursor cursor = view.GetRowCursor([]))
        {
            ValueGetter<DataViewRowId> getter = cursor.GetIdGetter();
            var ids = new HashSet<DataViewRowId>();
            for (DataViewRowId id = default; cursor.MoveNext(); ids.Add(id)) getter(ref id);
            ids.Should().HaveCount(21);
        }
        using DataViewRowCursor shuffled = view.GetRowCursor(view.Schema, new Random(3));
        Func<long> prompt = shuffled.Scalar<long>(view.Schema["PromptIndex"]);
        Func<int> number = shuffled.Scalar<int>(view.Schema["Number"]);
        Func<string> response = shuffled.Text(view.Schema["Response"]);
        var rows = new List<(long Prompt, int Number, string Response)>();
        while (shuffled.MoveNext()) rows.Add((prompt(), number(), response()));
        rows.Select(row => row.Prompt).Should().Equal(Enumerable.Range(0, 21).Select(i => (long)(i / 3)));
        rows.Chunk(3).Should().AllSatisfy(chunk => chunk.Select(row => row.Number).Distinct().Should().ContainSingle());
        rows.OrderBy(row => row.Number).Select(row => row.Response).Should().Equal(Responses(view), "a row's numbers belong to its id");
    }

    [Fact]
    public void The_schema_is_the_one_that_was_promised_also_where_names_are_changed()
    {
        TextGenerationEstimator estimator = _ml.Transforms.GenerateText(_model, new TextGenerationOptions
        {
            PromptIndexColumnName = "Group",
            SampleIndexColumnName = "Try",
            Generation = new GenerationOptions { SamplesPerPrompt = 2 },
        });
        DataViewSchema delivered = estimator.Fit(_data).GetOutputSchema(_data.Schema);
        delivered.Select(column => column.Name).Should().Equal(
            "Prompt", "Number", "Group", "Try", "Response", "ResponseTokenIds", "ResponseLogProbabilities", "FinishReason");
        static IEnumerable<string> Describe(SchemaShape shape) => shape.Select(column => $"{column.Name} {column.Kind} {column.ItemType}");
        Describe(estimator.GetOutputSchema(MLNetInternals.CreateShape(_data.Schema))).Should().Equal(Describe(MLNetInternals.CreateShape(delivered)));
        Fit(samples: 1).GetOutputSchema(_data.Schema).Select(column => column.Name).Should().NotContain("PromptIndex");
    }

    [Fact]
    public void A_prediction_engine_is_refused_since_it_gives_one_row()
    {
        ITransformer fitted = Fit(samples: 2);
        fitted.IsRowToRowMapper.Should().BeFalse();
        fitted.Invoking(it => it.GetRowToRowMapper(_data.Schema)).Should().Throw<InvalidOperationException>().WithMessage("*2 rows of one*");
        Action create = () => _ml.Model.CreatePredictionEngine<TextPair, GeneratedRow>(fitted);
        create.Should().Throw<Exception>();
    }

    [Fact]
    public void A_bad_prompt_is_named_by_its_row_in_the_input()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = "1" }, new { Prompt = "" }]);
        Fit(samples: 3).Invoking(it => Responses(it.Transform(data))).Should().Throw<ArgumentException>().WithMessage("*Row 1*prompt*no tokens*");
    }

    [Fact]
    public void Ml_nets_own_transforms_and_caches_work_behind_it()
    {
        IDataView cached = _ml.Data.Cache(_ml.Data.FilterRowsByColumn(
            _ml.Transforms.Conversion.ConvertType("Sample", "SampleIndex")
                .Fit(Fit(samples: 3).Transform(_data))
                .Transform(Fit(samples: 3).Transform(_data)),
            "Sample", lowerBound: 1, upperBound: 3));
        cached.GetColumn<int>("SampleIndex").Should().Equal(Enumerable.Range(0, 14).Select(i => 1 + i % 2));
    }

    [Theory]
    [InlineData(0.0, 4, true)]
    [InlineData(0.0, 1, false)]
    [InlineData(0.5, 4, false)]
    public void Greedy_samples_are_said_to_be_all_the_same(double temperature, int samples, bool told)
    {
        var warnings = new WarningList(_ml);
        _ml.Transforms.GenerateText(_model, temperature: temperature, samplesPerPrompt: samples).Fit(_data);
        warnings.Should().HaveCount(told ? 1 : 0);
        if (told) warnings[0].Should().Contain("SamplesPerPrompt is 4 and Temperature 0: greedy responses to one prompt are all the same.");
    }

    private PolicyTransformer Fit(int samples, int batchSize = 8) => _ml.Transforms.GenerateText(_model, new TextGenerationOptions
    {
        BatchSize = batchSize,
        Generation = new GenerationOptions { MaxNewTokens = 12, Seed = 1, SamplesPerPrompt = samples },
    }).Fit(_data);

    private static string[] Responses(IDataView view) => [.. view.GetColumn<string>("Response")];
}
