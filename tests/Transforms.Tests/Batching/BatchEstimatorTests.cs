using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public class BatchEstimatorTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public BatchEstimatorTests() => _data = _ml.View();

    [Fact]
    public void A_missing_column_stops_Fit_before_any_work()
    {
        var estimator = new LetterCounterEstimator(_ml, new LetterCounter.State(Input: "Nope"));
        estimator.Invoking(it => it.Fit(_data)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Nope'*");
        estimator.Fits.Should().Be(0);
    }

    [Fact]
    public void A_column_that_an_earlier_step_makes_of_another_type_stops_the_chain_before_any_work()
    {
        var first = new LetterCounterEstimator(_ml);
        EstimatorChain<LetterCounter> chain = first.Append(new LetterCounterEstimator(_ml, new LetterCounter.State(Input: "Letters", Output: "More")));
        chain.Invoking(it => it.Fit(_data)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Letters'*expected String*");
        first.Fits.Should().Be(0);
    }

    [Fact]
    public void A_key_column_is_no_number_column()
    {
        EstimatorChain<LetterCounter> chain = _ml.Transforms.Conversion.MapValueToKey("Text").Append(new LetterCounterEstimator(_ml));
        chain.Invoking(it => it.Fit(_data)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Text'*key*");
    }

    [Fact]
    public void What_it_promises_is_what_the_transformer_delivers()
    {
        var estimator = new LetterCounterEstimator(_ml, new LetterCounter.State(Output: "Text"));
        SchemaShape promised = estimator.GetOutputSchema(SchemaShapeOf(_data.Schema));
        DataViewSchema delivered = estimator.Fit(_data).GetOutputSchema(_data.Schema);
        promised.Select(Describe).Should().BeEquivalentTo(SchemaShapeOf(delivered).Select(Describe));
    }

    [Fact]
    public void Trainers_cross_validation_and_cache_checkpoints_work_behind_it()
    {
        var ml = new MLContext(seed: 1);
        IEstimator<ITransformer> Pipeline(bool cache)
        {
            var features = new LetterCounterEstimator(ml)
                .Append(ml.Transforms.CustomMapping<LettersIn, FeaturesOut>(ToFeatures, null))
                .Append(ml.Transforms.Conversion.MapValueToKey("Label"));
            var trainer = ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 3);
            return cache ? features.AppendCacheCheckpoint(ml).Append(trainer) : features.Append(trainer);
        }
        ml.MulticlassClassification.Evaluate(Pipeline(cache: true).Fit(_data).Transform(_data)).MicroAccuracy.Should().BeInRange(0, 1);
        ml.MulticlassClassification.CrossValidate(_data, Pipeline(cache: false), numberOfFolds: 3).Should().HaveCount(3);
    }

    private static void ToFeatures(LettersIn row, FeaturesOut features) => features.Features = row.Letters;

    private static SchemaShape SchemaShapeOf(DataViewSchema schema) => MLNetInternals.CreateShape(schema);

    private static string Describe(SchemaShape.Column column) =>
        $"{column.Name} {column.Kind} {column.ItemType} {column.IsKey} {string.Join(',', column.Annotations.Select(annotation => annotation.Name))}";

    private sealed class LettersIn
    {
        public float[] Letters { get; set; } = [];
    }

    private sealed class FeaturesOut
    {
        [VectorType(2)]
        public float[] Features { get; set; } = [];
    }
}
