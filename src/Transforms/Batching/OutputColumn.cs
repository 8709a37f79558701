using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms;

/// <summary>A column that a transformer appends, and how its value is taken from what was computed for a row.</summary>
/// <typeparam name="TResult">What is computed for a row.</typeparam>
internal abstract class OutputColumn<TResult>(string name, DataViewType type, DataViewSchema.Annotations? annotations)
{
    /// <summary>Name, type and annotations.</summary>
    public DataViewSchema.DetachedColumn Column { get; } = new(name, type, annotations);

    /// <summary>A <c>ValueGetter</c> of the column's type.</summary>
    /// <param name="current">Gives the current row's result.</param>
    public abstract Delegate CreateGetter(Func<TResult> current);
}

/// <summary>Makes output columns.</summary>
internal static class OutputColumn
{
    /// <summary>A column of one value per row.</summary>
    public static OutputColumn<TResult> Scalar<TResult, TValue>(
        string name, PrimitiveDataViewType type, Func<TResult, TValue> select, DataViewSchema.Annotations? annotations = null) =>
        new ScalarColumn<TResult, TValue>(name, type, select, annotations);

    /// <summary>A column of text.</summary>
    public static OutputColumn<TResult> Text<TResult>(string name, Func<TResult, string> select, DataViewSchema.Annotations? annotations = null) =>
        new ScalarColumn<TResult, ReadOnlyMemory<char>>(name, TextDataViewType.Instance, result => select(result).AsMemory(), annotations);

    /// <summary>A column of vectors, of one size or, with size 0, of sizes that differ from row to row.</summary>
    public static OutputColumn<TResult> Vector<TResult, TItem>(
        string name, PrimitiveDataViewType itemType, Func<TResult, TItem[]> select,
        DataViewSchema.Annotations? annotations = null, int size = 0) =>
        new VectorColumn<TResult, TItem>(name, new VectorDataViewType(itemType, size), select, annotations);

    private sealed class ScalarColumn<TResult, TValue>(string name, DataViewType type, Func<TResult, TValue> select, DataViewSchema.Annotations? annotations)
        : OutputColumn<TResult>(name, type, annotations)
    {
        public override Delegate CreateGetter(Func<TResult> current) => (ValueGetter<TValue>)((ref TValue value) => value = select(current()));
    }

    private sealed class VectorColumn<TResult, TItem>(string name, DataViewType type, Func<TResult, TItem[]> select, DataViewSchema.Annotations? annotations)
        : OutputColumn<TResult>(name, type, annotations)
    {
        public override Delegate CreateGetter(Func<TResult> current) => (ValueGetter<VBuffer<TItem>>)((ref VBuffer<TItem> value) =>
        {
            TItem[] items = select(current());
            var editor = VBufferEditor.Create(ref value, items.Length);
            items.CopyTo(editor.Values);
            value = editor.Commit();
        });
    }
}
