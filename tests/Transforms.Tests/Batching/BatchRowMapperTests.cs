using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public sealed class BatchRowMapperTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly LetterCounter _counter;
    private readonly IDataView _data;
    private readonly IRowToRowMapper _mapper;

    public BatchRowMapperTests()
    {
        _counter = new LetterCounter(_ml);
        _data = _ml.View();
        _mapper = ((ITransformer)_counter).GetRowToRowMapper(_data.Schema);
    }

    public void Dispose() => _counter.Dispose();

    [Fact]
    public void A_prediction_engine_computes_row_by_row_what_a_view_computes_in_batches()
    {
        TextRow[] rows = Rows.Make();
        using PredictionEngine<TextRow, CountedRow> engine = _ml.Model.CreatePredictionEngine<TextRow, CountedRow>(
            _counter,
            new PredictionEngineOptions { OwnsTransformer = false });
        CountedRow[] batched = _ml.Counted(_counter.Transform(_ml.Data.LoadFromEnumerable(rows)));
        foreach ((TextRow row, CountedRow expected) in rows.Zip(batched))
        {
            CountedRow one = engine.Predict(row);
            one.Letters.Should().Equal(expected.Letters);
            one.Id.Should().Be(expected.Id);
        }
    }

    [Fact]
    public void A_row_is_computed_once_however_many_outputs_are_read()
    {
        using DataViewRowCursor input = _data.GetRowCursor(_mapper.InputSchema);
        using DataViewRow row = _mapper.GetRow(input, _mapper.OutputSchema);
        ValueGetter<VBuffer<float>> first = row.GetGetter<VBuffer<float>>(row.Schema["Letters"]), second = row.GetGetter<VBuffer<float>>(row.Schema["Letters"]);
        VBuffer<float> letters = default;
        for (int i = 0; i < 3; i++)
        {
            input.MoveNext();
            first(ref letters);
            second(ref letters);
            letters.DenseValues().Should().Equal(Rows.Expected(Rows.Make()[i].Text));
        }
        _counter.Batches.Should().Equal(1, 1, 1);
    }

    [Fact]
    public void Dependencies_are_the_columns_read_only_where_an_output_is_wanted()
    {
        _mapper.GetDependencies([_mapper.OutputSchema["Letters"]]).Select(column => column.Name).Should().Equal("Text");
        _mapper.GetDependencies([_mapper.OutputSchema["Id"]]).Select(column => column.Name).Should().Equal("Id");
    }

    [Fact]
    public void A_row_of_another_schema_is_refused()
    {
        IDataView other = _ml.Data.LoadFromEnumerable([new CountedRow()]);
        using DataViewRowCursor input = other.GetRowCursor(other.Schema);
        Action get = () => _mapper.GetRow(input, _mapper.OutputSchema);
        get.Should().Throw<ArgumentException>().WithMessage("*another schema*");
    }

    [Fact]
    public void A_getter_of_an_inactive_column_is_refused()
    {
        using DataViewRowCursor input = _data.GetRowCursor(_mapper.InputSchema);
        DataViewRow row = _mapper.GetRow(input, [_mapper.OutputSchema["Id"]]);
        Action get = () => row.GetGetter<VBuffer<float>>(row.Schema["Letters"]);
        get.Should().Throw<InvalidOperationException>().WithMessage("*'Letters'*not active*");
    }
}
