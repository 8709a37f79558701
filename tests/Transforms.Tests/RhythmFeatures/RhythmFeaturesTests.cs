using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public class RhythmFeaturesTests
{
    // Peaks of WAAD at 1, 4 and 7, of FAI at 2 and 4 (of its defined part), of entropy at 1 and 4.
    private static readonly float[] Waad = [1, 9, 1, 1, 7, 1, 0, 8, 0, 2], Fai = [0.1f, 0.1f, 0.9f, 0.1f, 0.7f, 0.1f, 0.1f, 0.1f, float.NaN, float.NaN],
        Entropy = [0, 4, 1, 0, 2, 0, 0, 0, 0, 0], LogProbability = [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10];

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Slots_have_names_and_the_values_that_they_name()
    {
        Dictionary<string, float> features = Features(new RhythmFeaturesOptions(), Row(Waad, Fai, Entropy, LogProbability));
        features["TokenCount"].Should().Be(10);
        features["Waad.Mean"].Should().Be(3);
        features["Waad.Quantile0.5"].Should().Be(1);
        features["LogProbability.Quantile0.1"].Should().BeApproximately(-9.1f, 1e-6f);
        features["LogProbability.Quantile0.9"].Should().BeApproximately(-1.9f, 1e-6f);
        features["LogProbability.StandardDeviation"].Should().BeApproximately(MathF.Sqrt(8.25f), 1e-6f);
        features["LogProbability.Trend"].Should().Be(-5);
        features["Waad.PeakRate"].Should().BeApproximately(0.3f, 1e-6f);
        features["Waad.PeakSpacingMean"].Should().Be(3);
        features["Waad.PeakSpacingStandardDeviation"].Should().Be(0);
        features["Fai.PeakRate"].Should().BeApproximately(2 / 8f, 1e-6f);
        features["Fai.PeakSpacingMean"].Should().Be(2);
        features["EntropyAtWaadPeaks"].Should().Be(2);
        features["EntropyAtFaiPeaks"].Should().Be(1.5f);
        features["FaiPeaksNearWaadPeaks"].Should().Be(1, "2 follows 1 and 4 is 4");
        features["AnchorFaiShare"].Should().BeApproximately(1.8f / 2.2f, 1e-6f, "of ties the earlier two are anchors");
        features["WaadAtAnchors"].Should().Be((1 + 9 + 1 + 7) / 4f);
        features["DominatedAnchorShare"].Should().Be(0.25f, "of the anchors 0, 1, 2 and 4 only 2 has a low WAAD and a jump before it");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Short_responses_have_as_many_slots_with_the_missing_value_where_nothing_is_defined(int count)
    {
        float[] values = [.. Enumerable.Repeat(1f, count)], undefined = [.. Enumerable.Repeat(float.NaN, count)];
        float[] zeros = [.. Features(new RhythmFeaturesOptions(), Row(values, undefined, values, values)).Values];
        zeros.Should().HaveCount(Features(new RhythmFeaturesOptions(), Row(Waad, Fai, Entropy, LogProbability)).Count).And.NotContain(float.NaN);
        Dictionary<string, float> missing = Features(new RhythmFeaturesOptions { MissingValue = float.NaN }, Row(values, undefined, values, values));
        missing["TokenCount"].Should().Be(count);
        missing["Fai.Mean"].Should().Be(float.NaN);
        missing["AnchorFaiShare"].Should().Be(float.NaN);
        missing["Waad.Mean"].Should().Be(count == 0 ? float.NaN : 1);
        missing["Waad.PeakRate"].Should().Be(count == 0 ? float.NaN : 0);
        missing["Waad.PeakSpacingMean"].Should().Be(float.NaN);
    }

    [Fact]
    public void Features_are_finite_and_do_not_change_with_undefined_values_at_the_end() => Gen.Double[0, 10].Array[0, 40].Sample(values =>
    {
        float[] signal = Array.ConvertAll(values, value => (float)value);
        float[] plain = Compute(signal), padded = Compute([.. signal, float.NaN, float.NaN]);
        plain.Should().OnlyContain(value => float.IsFinite(value));
        padded[1..].Should().Equal(plain[1..]);

        static float[] Compute(float[] fai) => new RhythmFeatureSet(new RhythmFeaturesOptions { Signals = RhythmSignals.Fai })
            .Compute([Array.ConvertAll(fai, value => (double)value)]);
    }, iter: 300);

    [Fact]
    public void Only_the_signals_asked_for_are_read_and_described()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Entropy }]);
        IDataView view = _ml.Transforms.RhythmFeatures(signals: RhythmSignals.Entropy).Fit(data).Transform(data);
        SlotNames(view).Should().OnlyContain(name => name == "TokenCount" || name.StartsWith("Entropy."));
        _ml.Transforms.RhythmFeatures().Invoking(it => it.Fit(data)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Waad'*");
    }

    [Fact]
    public void The_schema_is_the_one_that_was_promised_and_a_trainer_takes_it()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 60)
            .Select(i => new { Waad = Shift(Waad, i % 2), Fai, Entropy, LogProbability, Label = i % 2 == 1 }));
        RhythmFeaturesEstimator estimator = _ml.Transforms.RhythmFeatures("Features");
        DataViewSchema delivered = estimator.Fit(data).GetOutputSchema(data.Schema);
        static IEnumerable<string> Describe(SchemaShape shape) => shape.Select(column =>
            $"{column.Name} {column.Kind} {column.ItemType} {string.Join(',', column.Annotations.Select(annotation => annotation.Name))}");
        Describe(estimator.GetOutputSchema(MLNetInternals.CreateShape(data.Schema)))
            .Should().Equal(Describe(MLNetInternals.CreateShape(delivered)))
            .And.Contain("Features Vector Single SlotNames");
        IDataView scored = estimator
            .Append(_ml.Transforms.NormalizeMeanVariance("Features"))
            .Append(_ml.BinaryClassification.Trainers.LbfgsLogisticRegression())
            .Fit(data)
            .Transform(data);
        _ml.BinaryClassification.Evaluate(scored).AreaUnderRocCurve.Should().Be(1);
    }

    [Fact]
    public void A_prediction_engine_works_and_columns_of_different_lengths_are_named()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(new Signals[] { new() });
        ITransformer fitted = _ml.Transforms.RhythmFeatures(signals: RhythmSignals.Waad | RhythmSignals.Fai).Fit(data);
        using PredictionEngine<Signals, Prediction> engine = _ml.Model.CreatePredictionEngine<Signals, Prediction>(fitted);
        engine.Predict(new Signals { Waad = Waad, Fai = Fai }).RhythmFeatures[0].Should().Be(10);
        engine.Invoking(it => it.Predict(new Signals { Waad = Waad })).Should().Throw<ArgumentException>().WithMessage("*'Waad' has 10 tokens*'Fai' 0*");
    }

    [Fact]
    public void Options_out_of_range_are_named_at_once()
    {
        Action create = () => _ml.Transforms.RhythmFeatures(new RhythmFeaturesOptions
        {
            Signals = 0,
            Quantiles = [0.5, 2],
            PeakProminence = -1,
            AnchorFraction = 0,
            MissingValue = float.PositiveInfinity,
        });
        create.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll(
            "Signals is 0", "Quantiles is 0.5, 2", "PeakProminence is -1", "AnchorFraction is 0", "MissingValue is");
        Action names = () => _ml.Transforms.RhythmFeatures(new RhythmFeaturesOptions { WaadColumnName = "", OutputColumnName = "" });
        names.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("WaadColumnName is empty", "OutputColumnName is empty");
    }

    private Dictionary<string, float> Features(RhythmFeaturesOptions options, IDataView data)
    {
        IDataView view = _ml.Transforms.RhythmFeatures(options).Fit(data).Transform(data);
        return SlotNames(view).Zip(view.GetColumn<float[]>("RhythmFeatures").Single()).ToDictionary(slot => slot.First, slot => slot.Second);
    }

    private static string[] SlotNames(IDataView view)
    {
        VBuffer<ReadOnlyMemory<char>> names = default;
        view.Schema["RhythmFeatures"].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    private IDataView Row(float[] waad, float[] fai, float[] entropy, float[] logProbability) => _ml.Data.LoadFromEnumerable(new Signals[]
    {
        new() { Waad = waad, Fai = fai, Entropy = entropy, LogProbability = logProbability },
    });

    private static float[] Shift(float[] values, float by) => Array.ConvertAll(values, value => value + by);

    private sealed class Signals
    {
        public float[] Waad { get; set; } = [];

        public float[] Fai { get; set; } = [];

        public float[] Entropy { get; set; } = [];

        public float[] LogProbability { get; set; } = [];
    }

    private sealed class Prediction
    {
        public float[] RhythmFeatures { get; set; } = [];
    }
}
