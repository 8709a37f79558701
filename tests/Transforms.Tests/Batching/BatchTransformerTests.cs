using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public class BatchTransformerTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public BatchTransformerTests() => _data = _ml.View();

    [Fact]
    public void A_missing_column_is_named_with_those_that_are_there()
    {
        Action transform = () => new LetterCounter(_ml).Transform(_ml.Data.LoadFromEnumerable([new { Other = 1f }]));
        transform.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Text'*Other*");
    }

    [Fact]
    public void A_column_of_another_type_is_named_with_both_types()
    {
        Action transform = () => new LetterCounter(_ml, new LetterCounter.State(Input: "Even")).Transform(_data);
        transform.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Even'*expected String, got Single*");
    }

    [Fact]
    public void A_prediction_engine_of_another_input_class_is_refused_with_the_columns_name()
    {
        Action create = () => _ml.Model.CreatePredictionEngine<Nothing, CountedRow>(new LetterCounter(_ml));
        create.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Text'*");
    }

    [Fact]
    public void Disposing_a_prediction_engine_disposes_the_transformer_unless_told_otherwise()
    {
        LetterCounter kept = new(_ml), disposed = new(_ml);
        _ml.Model.CreatePredictionEngine<TextRow, CountedRow>(kept, new PredictionEngineOptions { OwnsTransformer = false }).Dispose();
        _ml.Model.CreatePredictionEngine<TextRow, CountedRow>(disposed).Dispose();
        kept.IsDisposed.Should().BeFalse();
        disposed.IsDisposed.Should().BeTrue();
    }

    [Fact]
    public void A_disposed_transformer_transforms_and_saves_no_more()
    {
        var counter = new LetterCounter(_ml);
        IDataView view = counter.Transform(_data);
        counter.Dispose();
        counter.Dispose();
        counter.Invoking(disposed => disposed.Transform(_data)).Should().Throw<ObjectDisposedException>();
        view.Invoking(late => late.GetColumn<float[]>("Letters").ToArray()).Should().Throw<ObjectDisposedException>();
        counter.Invoking(disposed => _ml.Model.Save(disposed, _data.Schema, new MemoryStream())).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Disposing_a_chain_disposes_the_transformers_in_it()
    {
        TransformerChain<ITransformer> chain = new LetterCounterEstimator(_ml)
            .Append((IEstimator<ITransformer>)_ml.Transforms.NormalizeMinMax("Even"))
            .Fit(_data);
        LetterCounter counter = chain.OfType<LetterCounter>().Single();
        chain.Dispose();
        counter.IsDisposed.Should().BeTrue();
    }

    [Fact]
    public void Annotations_survive_a_binary_file()
    {
        IDataView credit = _ml.Transforms.RhythmCredit(CreditStrategy.Uniform).Fit(Waad()).Transform(Waad());
        string file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.idv");
        try
        {
            using (FileStream stream = File.Create(file)) _ml.Data.SaveAsBinary(credit, stream);
            IDataView loaded = _ml.Data.LoadFromBinary(file);
            VBuffer<ReadOnlyMemory<char>> names = default;
            loaded.Schema["Role"].GetKeyValues(ref names);
            names.DenseValues().Select(name => name.ToString()).Should().StartWith("None");
        }
        finally
        {
            File.Delete(file);
        }
    }

    private IDataView Waad() => _ml.Data.LoadFromEnumerable([new { Waad = new float[] { 1, 2 } }]);

    private sealed class Nothing
    {
        public float Number { get; set; }
    }
}
