using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public sealed class BatchDataViewTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly TextRow[] _rows = Rows.Make();
    private readonly IDataView _data;
    private readonly LetterCounter _counter;
    private readonly IDataView _view;

    public BatchDataViewTests()
    {
        _data = _ml.Data.LoadFromEnumerable(_rows);
        _counter = new LetterCounter(_ml);
        _view = _counter.Transform(_data);
    }

    public void Dispose() => _counter.Dispose();

    [Fact]
    public void Transform_and_schema_compute_nothing()
    {
        _ = _counter.Transform(_data).Schema;
        _counter.Batches.Should().BeEmpty();
    }

    [Fact]
    public void The_schema_keeps_the_inputs_columns_and_appends_the_outputs()
    {
        _view.Schema.Select(column => column.Name).Should().Equal("Id", "Text", "Even", "Number", "Label", "Numbers", "Letters");
        _view.Schema["Letters"].Type.Should().Be(new VectorDataViewType(NumberDataViewType.Single));
        _view.GetRowCount().Should().Be(_data.GetRowCount());
        _view.CanShuffle.Should().Be(_data.CanShuffle);
    }

    [Fact]
    public void Rows_that_were_computed_in_batches_have_the_values_of_their_own()
    {
        CountedRow[] counted = _ml.Counted(_view);
        counted.Select(row => row.Id).Should().Equal(_rows.Select(row => row.Id));
        counted.Select(row => row.Text).Should().Equal(_rows.Select(row => row.Text));
        counted.Zip(_rows).Should().AllSatisfy(pair =>
        {
            pair.First.Numbers.Should().Equal(pair.Second.Numbers);
            pair.First.Letters.Should().Equal(Rows.Expected(pair.Second.Text));
        });
    }

    [Fact]
    public void Batches_grow_from_one_row_to_the_batch_size()
    {
        _ml.Counted(_view);
        _counter.Batches.Should().Equal(1, 2, 4, 8, 16, 16, 16, 16, 16, 5);
    }

    [Fact]
    public void Without_a_ramp_every_batch_but_the_last_is_full()
    {
        var counter = new LetterCounter(_ml, new LetterCounter.State(BatchSize: 30, Ramp: false));
        _ml.Counted(counter.Transform(_data));
        counter.Batches.Should().Equal(30, 30, 30, 10);
    }

    [Fact]
    public void A_look_at_the_first_rows_computes_few()
    {
        _ml.Counted(_ml.Data.TakeRows(_view, 3)).Should().HaveCount(3);
        _counter.RowsComputed.Should().BeLessThanOrEqualTo(3);
        _view.Preview(5).RowView.Should().HaveCount(5);
        _counter.RowsComputed.Should().BeLessThanOrEqualTo(3 + 15);
    }

    [Fact]
    public void Batches_of_which_a_filter_keeps_no_row_are_not_computed()
    {
        _ml.Counted(_ml.Data.FilterRowsByColumn(_view, "Number", 90)).Should().HaveCount(10);
        _counter.RowsComputed.Should().BeLessThan(40);
    }

    [Fact]
    public void Shuffled_rows_keep_their_values()
    {
        CountedRow[] shuffled = _ml.Counted(_ml.Data.ShuffleRows(_view, seed: 3));
        shuffled.Select(row => row.Id).Should().BeEquivalentTo(Enumerable.Range(0, 100)).And.NotEqual(Enumerable.Range(0, 100));
        shuffled.Should().AllSatisfy(row => row.Letters.Should().Equal(Rows.Expected(_rows[row.Id].Text)));
    }

    [Fact]
    public void A_source_that_can_shuffle_is_asked_to()
    {
        IDataView view = _counter.Transform(_ml.Data.Cache(_data));
        view.CanShuffle.Should().BeTrue("a cache can shuffle");
        using DataViewRowCursor cursor = view.GetRowCursor(view.Schema, new Random(5));
        ValueGetter<int> id = cursor.GetGetter<int>(view.Schema["Id"]);
        ValueGetter<VBuffer<float>> letters = cursor.GetGetter<VBuffer<float>>(view.Schema["Letters"]);
        var ids = new List<int>();
        int value = 0;
        VBuffer<float> buffer = default;
        while (cursor.MoveNext())
        {
            id(ref value);
            letters(ref buffer);
            ids.Add(value);
            buffer.DenseValues().Should().Equal(Rows.Expected(_rows[value].Text));
        }
        ids.Should().BeEquivalentTo(Enumerable.Range(0, 100)).And.NotEqual(Enumerable.Range(0, 100));
    }

    [Fact]
    public void A_cached_view_is_computed_once_and_one_that_is_not_at_every_pass()
    {
        IDataView cached = _ml.Data.Cache(_view);
        for (int pass = 0; pass < 3; pass++) _ml.Counted(cached);
        _counter.RowsComputed.Should().Be(100);
        for (int pass = 0; pass < 3; pass++) _ml.Counted(_view);
        _counter.RowsComputed.Should().Be(400);
    }

    [Fact]
    public void A_set_of_cursors_has_one_where_outputs_are_computed_and_all_rows_once()
    {
        DataViewRowCursor[] set = _view.GetRowCursorSet([_view.Schema["Letters"], _view.Schema["Id"]], 4);
        set.Should().ContainSingle();
        SumOfIds(set).Should().Be(4950);
    }

    [Fact]
    public void A_set_of_cursors_without_outputs_is_the_sources()
    {
        DataViewRowCursor[] set = _view.GetRowCursorSet([_view.Schema["Id"]], 4);
        SumOfIds(set).Should().Be(4950);
        _counter.Batches.Should().BeEmpty();
    }

    [Fact]
    public async Task A_built_in_transform_behind_it_may_split_the_rows_over_threads()
    {
        IDataView typed = new LetterCounter(_ml).Transform(_data);
        IDataView converted = _ml.Transforms.Conversion.ConvertType("Letters2", "Letters", DataKind.Double).Fit(typed).Transform(typed);
        DataViewRowCursor[] set = converted.GetRowCursorSet([converted.Schema["Letters2"], converted.Schema["Id"]], 4);
        int[] sums = await Task.WhenAll(set.Select(cursor => OwnThread(() => SumOfIds([cursor]))));
        sums.Sum().Should().Be(4950);
    }

    [Fact]
    public void An_output_hides_an_input_of_the_same_name()
    {
        IDataView view = new LetterCounter(_ml, new LetterCounter.State(Output: "Text")).Transform(_data);
        view.Schema["Text"].Type.Should().BeOfType<VectorDataViewType>();
        view.Schema.Where(column => column.Name == "Text").Select(column => column.IsHidden).Should().Equal(true, false);
        view.GetColumn<float[]>("Text").Should().BeEquivalentTo(_rows.Select(row => Rows.Expected(row.Text)), order => order.WithStrictOrdering());
    }

    [Fact]
    public void Views_can_be_stacked()
    {
        IDataView twice = new LetterCounter(_ml, new LetterCounter.State(Output: "Again", BatchSize: 7)).Transform(_view);
        twice.GetColumn<float[]>("Again").Should().BeEquivalentTo(twice.GetColumn<float[]>("Letters"), order => order.WithStrictOrdering());
    }

    [Fact]
    public async Task Eight_threads_on_one_transformer_get_the_same_results()
    {
        float[][][] results = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => OwnThread(() => _counter.Transform(_data).GetColumn<float[]>("Letters").ToArray())));
        results.Should().AllSatisfy(result => result
            .Should().BeEquivalentTo(_rows.Select(row => Rows.Expected(row.Text)), order => order.WithStrictOrdering()));
    }

    private static Task<T> OwnThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static int SumOfIds(DataViewRowCursor[] set)
    {
        int sum = 0, value = 0;
        foreach (DataViewRowCursor cursor in set)
        {
            ValueGetter<int> id = cursor.GetGetter<int>(cursor.Schema["Id"]);
            while (cursor.MoveNext())
            {
                id(ref value);
                sum += value;
            }
            cursor.IsColumnActive(cursor.Schema["Id"]).Should().BeTrue();
            cursor.Dispose();
        }
        return sum;
    }
}
