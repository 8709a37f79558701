using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public sealed class BatchCursorTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;
    private readonly LetterCounter _counter;
    private readonly IDataView _view;

    public BatchCursorTests()
    {
        _data = _ml.View();
        _counter = new LetterCounter(_ml);
        _view = _counter.Transform(_data);
    }

    public void Dispose() => _counter.Dispose();

    [Fact]
    public void Nothing_is_computed_where_no_output_was_asked_for()
    {
        _view.GetColumn<int>("Id").Sum().Should().Be(4950);
        _counter.Batches.Should().BeEmpty();
    }

    [Theory]
    [InlineData(true, 20)]
    [InlineData(false, 16)]
    public void Rows_before_one_that_cannot_be_read_are_served_unless_their_batch_is_one_whole(bool ramp, int served)
    {
        using var counter = new LetterCounter(_ml, new LetterCounter.State(Ramp: ramp));
        IDataView broken = _ml.Data.LoadFromEnumerable(Rows.Make(40).Select(row => row.Id < 20 ? row : throw new FormatException($"row {row.Id} is bad")));
        IDataView view = counter.Transform(broken);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        Func<float[]> letters = cursor.Vector<float>(view.Schema["Letters"]);
        Func<string> text = cursor.Text(view.Schema["Text"]);
        for (int row = 0; row < served; row++)
        {
            cursor.MoveNext().Should().BeTrue();
            letters().Should().Equal(Rows.Expected(text()));
        }
        Func<bool> next = cursor.MoveNext;
        next.Should().Throw<FormatException>().WithMessage("row 20 is bad");
        next.Should().Throw<FormatException>("who goes on must not take an error for the end of the data");
    }

    [Fact]
    public void Nothing_is_computed_where_an_output_was_asked_for_but_is_never_read()
    {
        using DataViewRowCursor cursor = _view.GetRowCursor([_view.Schema["Letters"]]);
        while (cursor.MoveNext())
        {
        }
        _counter.Batches.Should().BeEmpty();
    }

    [Fact]
    public void A_column_that_is_only_needed_to_compute_another_stays_inactive()
    {
        using DataViewRowCursor cursor = _view.GetRowCursor([_view.Schema["Letters"]]);
        cursor.IsColumnActive(_view.Schema["Letters"]).Should().BeTrue();
        cursor.IsColumnActive(_view.Schema["Text"]).Should().BeFalse();
    }

    [Theory]
    [InlineData("Id")]
    [InlineData("Letters")]
    public void A_getter_of_an_inactive_column_is_refused(string active)
    {
        using DataViewRowCursor cursor = _view.GetRowCursor([_view.Schema[active]]);
        Action get = () => cursor.GetGetter<ReadOnlyMemory<char>>(_view.Schema["Text"]);
        get.Should().Throw<InvalidOperationException>().WithMessage("*'Text'*not active*");
    }

    [Fact]
    public void A_getter_of_another_type_is_refused()
    {
        using DataViewRowCursor cursor = _view.GetRowCursor(_view.Schema);
        Action get = () => cursor.GetGetter<VBuffer<double>>(_view.Schema["Letters"]);
        get.Should().Throw<InvalidOperationException>().WithMessage("*'Letters'*expected*");
    }

    [Fact]
    public void A_batch_that_fails_is_computed_once_and_the_next_is_computed()
    {
        using var counter = new LetterCounter(_ml, new LetterCounter.State(BatchSize: 4, Ramp: false, Refused: _data.GetColumn<string>("Text").First()));
        IDataView view = counter.Transform(_data);
        using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["Letters"]]);
        ValueGetter<VBuffer<float>> letters = cursor.GetGetter<VBuffer<float>>(view.Schema["Letters"]);
        VBuffer<float> value = default;
        Exception[] failures = [.. Enumerable.Range(0, 4).Select(_ =>
        {
            cursor.MoveNext().Should().BeTrue();
            return FluentActions.Invoking(() => letters(ref value)).Should().Throw<ArgumentException>().WithMessage("*is refused.").Which;
        })];
        failures.Distinct().Should().ContainSingle("it was computed once");
        cursor.MoveNext().Should().BeTrue();
        letters(ref value);
        counter.Batches.Should().Equal(4);
    }

    [Fact]
    public void Ids_positions_and_batches_are_the_inputs()
    {
        using DataViewRowCursor cursor = _view.GetRowCursor(_view.Schema);
        using DataViewRowCursor source = _data.GetRowCursor(_data.Schema);
        ValueGetter<DataViewRowId> id = cursor.GetIdGetter(), sourceId = source.GetIdGetter();
        DataViewRowId found = default, expected = default;
        cursor.Position.Should().Be(-1);
        while (source.MoveNext())
        {
            cursor.MoveNext().Should().BeTrue();
            id(ref found);
            sourceId(ref expected);
            found.Should().Be(expected);
            cursor.Position.Should().Be(source.Position);
            cursor.Batch.Should().Be(source.Batch);
        }
        cursor.MoveNext().Should().BeFalse();
        cursor.MoveNext().Should().BeFalse();
        cursor.Position.Should().Be(-1);
    }

    [Fact]
    public void No_value_can_be_read_before_the_first_row_and_after_the_last()
    {
        using DataViewRowCursor cursor = _view.GetRowCursor(_view.Schema);
        ValueGetter<int> getId = cursor.GetGetter<int>(_view.Schema["Id"]);
        ValueGetter<VBuffer<float>> getLetters = cursor.GetGetter<VBuffer<float>>(_view.Schema["Letters"]);
        int id = 0;
        VBuffer<float> letters = default;
        Action readId = () => getId(ref id), readLetters = () => getLetters(ref letters);
        readId.Should().Throw<InvalidOperationException>().WithMessage("*no row*");
        while (cursor.MoveNext())
        {
        }
        readLetters.Should().Throw<InvalidOperationException>().WithMessage("*no row*");
    }

    [Fact]
    public void A_vector_handed_out_is_a_copy()
    {
        using DataViewRowCursor cursor = _view.GetRowCursor(_view.Schema);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(_view.Schema["Letters"]);
        cursor.MoveNext();
        VBuffer<float> first = default, again = default;
        getter(ref first);
        float[] kept = [.. first.DenseValues()];
        VBufferEditor.CreateFromBuffer(ref first).Values.Fill(-1);
        getter(ref again);
        again.DenseValues().Should().Equal(kept);
    }

    [Fact]
    public void A_cancelled_token_stops_the_cursor()
    {
        using var source = new CancellationTokenSource();
        IDataView view = new LetterCounter(_ml, cancellationToken: source.Token).Transform(_data);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        cursor.MoveNext().Should().BeTrue();
        source.Cancel();
        Action move = () => Exhaust(cursor);
        move.Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Cancelling_the_context_as_AutoML_does_stops_the_cursor()
    {
        var ml = new MLContext();
        IDataView view = new LetterCounter(ml).Transform(_data);
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema);
        cursor.MoveNext().Should().BeTrue();
        typeof(MLContext).GetMethod("CancelExecution", System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!.Invoke(ml, null);
        Action move = () => Exhaust(cursor);
        move.Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void A_failing_row_names_its_reason_and_is_marked_as_ML_NET_marks_its_errors()
    {
        IDataView view = new LetterCounter(_ml, new LetterCounter.State(Refused: Rows.Make()[20].Text)).Transform(_data);
        Func<float[][]> read = () => [.. view.GetColumn<float[]>("Letters")];
        ArgumentException exception = read.Should().Throw<ArgumentException>().WithMessage("*is refused*").Which;
        exception.Data.Contains("ML_IsMarked").Should().BeTrue();
    }

    [Fact]
    public void Disposing_the_cursor_disposes_its_input_and_doing_it_twice_is_harmless()
    {
        DataViewRowCursor cursor = _view.GetRowCursor(_view.Schema);
        cursor.MoveNext();
        cursor.Dispose();
        cursor.Invoking(disposed => disposed.Dispose()).Should().NotThrow();
    }

    private static void Exhaust(DataViewRowCursor cursor)
    {
        while (cursor.MoveNext())
        {
        }
    }
}
