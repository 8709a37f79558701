using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public sealed class RowByRowCursorTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public RowByRowCursorTests() => _data = _ml.View();

    [Fact]
    public void Rows_are_computed_when_they_are_read_and_only_then()
    {
        var counter = new LetterCounter(_ml, new LetterCounter.State(BatchSize: 1));
        IDataView view = counter.Transform(_data);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        ValueGetter<VBuffer<float>> letters = cursor.GetGetter<VBuffer<float>>(view.Schema["Letters"]);
        VBuffer<float> value = default;
        while (cursor.MoveNext())
        {
            if (cursor.Position % 10 != 3) continue;
            letters(ref value);
            letters(ref value);
        }
        counter.Batches.Should().Equal(Enumerable.Repeat(1, 10));
    }

    [Fact]
    public void Values_ids_positions_and_batches_are_those_of_rows_in_batches()
    {
        IDataView one = new LetterCounter(_ml, new LetterCounter.State(BatchSize: 1)).Transform(_data), many = new LetterCounter(_ml).Transform(_data);
        using DataViewRowCursor cursor = one.GetRowCursor(one.Schema), expected = many.GetRowCursor(many.Schema);
        ValueGetter<DataViewRowId> id = cursor.GetIdGetter(), expectedId = expected.GetIdGetter();
        ValueGetter<VBuffer<float>> letters = cursor.GetGetter<VBuffer<float>>(one.Schema["Letters"]),
            expectedLetters = expected.GetGetter<VBuffer<float>>(many.Schema["Letters"]);
        (DataViewRowId Id, VBuffer<float> Letters) found = default, wanted = default;
        cursor.Position.Should().Be(-1);
        while (expected.MoveNext())
        {
            cursor.MoveNext().Should().BeTrue();
            (cursor.Position, cursor.Batch).Should().Be((expected.Position, expected.Batch));
            id(ref found.Id);
            expectedId(ref wanted.Id);
            found.Id.Should().Be(wanted.Id);
            letters(ref found.Letters);
            expectedLetters(ref wanted.Letters);
            found.Letters.DenseValues().Should().Equal(wanted.Letters.DenseValues());
        }
        cursor.MoveNext().Should().BeFalse();
        cursor.Position.Should().Be(-1);
    }

    [Fact]
    public void What_fails_in_a_row_fails_when_it_is_read_and_the_next_row_is_there()
    {
        IDataView view = new LetterCounter(_ml, new LetterCounter.State(BatchSize: 1, Refused: Rows.Make()[2].Text)).Transform(_data);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        ValueGetter<VBuffer<float>> letters = cursor.GetGetter<VBuffer<float>>(view.Schema["Letters"]);
        var failed = new List<long>();
        while (cursor.MoveNext())
        {
            VBuffer<float> value = default;
            try
            {
                letters(ref value);
                value.Length.Should().Be(2);
            }
            catch (ArgumentException)
            {
                failed.Add(cursor.Position);
            }
        }
        failed.Should().Equal(2);
    }

    [Fact]
    public void No_output_can_be_read_before_the_first_row_and_after_the_last()
    {
        IDataView view = new LetterCounter(_ml, new LetterCounter.State(BatchSize: 1)).Transform(_data);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(view.Schema["Letters"]);
        VBuffer<float> letters = default;
        Action read = () => getter(ref letters);
        read.Should().Throw<InvalidOperationException>().WithMessage("*no row*");
        while (cursor.MoveNext())
        {
        }
        read.Should().Throw<InvalidOperationException>().WithMessage("*no row*");
    }

    [Fact]
    public void A_cancelled_token_stops_what_computes_and_nothing_else()
    {
        IDataView view = new LetterCounter(_ml, new LetterCounter.State(BatchSize: 1), new CancellationToken(canceled: true)).Transform(_data);
        using DataViewRowCursor computing = view.GetRowCursor(view.Schema), passing = view.GetRowCursor([view.Schema["Id"]]);
        computing.Invoking(cursor => cursor.MoveNext()).Should().Throw<OperationCanceledException>();
        passing.MoveNext().Should().BeTrue();
    }
}
