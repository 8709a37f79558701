using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms;

/// <summary>Keeps the values of one input column for the rows of a batch, since the input cursor is ahead of the row that is served.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>Takes the value of the row that the input stands on.</summary>
    public abstract void Fill(int slot);

    /// <summary>A <c>ValueGetter</c> of the column.</summary>
    /// <param name="currentSlot">The slot to read.</param>
    public abstract Delegate CreateGetter(Func<int> currentSlot);

    /// <param name="row">The input.</param>
    /// <param name="column">The column.</param>
    /// <param name="capacity">Slots.</param>
    public static ColumnBuffer Create(DataViewRow row, DataViewSchema.Column column, int capacity)
    {
        Type buffer = column.Type is VectorDataViewType vector
            ? typeof(VectorBuffer<>).MakeGenericType(vector.ItemType.RawType)
            : typeof(ScalarBuffer<>).MakeGenericType(column.Type.RawType);
        return (ColumnBuffer)Activator.CreateInstance(buffer, row, column, capacity)!;
    }

    private sealed class ScalarBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer
    {
        private readonly ValueGetter<T> _source = row.GetGetter<T>(column);
        private readonly T[] _values = new T[capacity];

        public override void Fill(int slot) => _source(ref _values[slot]);

        public override Delegate CreateGetter(Func<int> currentSlot) => (ValueGetter<T>)((ref T value) => value = _values[currentSlot()]);
    }

    private sealed class VectorBuffer<T>(DataViewRow row, DataViewSchema.Column column, int capacity) : ColumnBuffer
    {
        private readonly ValueGetter<VBuffer<T>> _source = row.GetGetter<VBuffer<T>>(column);
        private readonly VBuffer<T>[] _values = new VBuffer<T>[capacity];

        public override void Fill(int slot) => _source(ref _values[slot]);

        public override Delegate CreateGetter(Func<int> currentSlot) =>
            (ValueGetter<VBuffer<T>>)((ref VBuffer<T> value) => _values[currentSlot()].CopyTo(ref value));
    }
}
