using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.FreshProcess;

/// <summary>Prints all values of a view so that two processes can compare them bit for bit.</summary>
public static class RowPrinter
{
    /// <summary>The schema, then one line per row and column.</summary>
    public static IEnumerable<string> Print(IDataView view)
    {
        DataViewSchema.Column[] columns = [.. view.Schema.Where(column => !column.IsHidden)];
        foreach (DataViewSchema.Column column in columns) yield return $"{column.Name}: {column.Type}";
        using DataViewRowCursor cursor = view.GetRowCursor(columns);
        Func<string>[] readers = [.. columns.Select(column => Reader(cursor, column))];
        while (cursor.MoveNext())
            for (int i = 0; i < columns.Length; i++) yield return $"{cursor.Position} {columns[i].Name} = {readers[i]()}";
    }

    private static Func<string> Reader(DataViewRow row, DataViewSchema.Column column)
    {
        Type item = column.Type is VectorDataViewType vector ? vector.ItemType.RawType : column.Type.RawType;
        string method = column.Type is VectorDataViewType ? nameof(Vector) : nameof(Scalar);
        return (Func<string>)typeof(RowPrinter)
            .GetMethod(method, System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
            .MakeGenericMethod(item)
            .Invoke(null, [row, column])!;
    }

    private static Func<string> Scalar<T>(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<T> getter = row.GetGetter<T>(column);
        return () =>
        {
            T value = default!;
            getter(ref value);
            return Format(value);
        };
    }

    private static Func<string> Vector<T>(DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<VBuffer<T>> getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> buffer = default;
        return () =>
        {
            getter(ref buffer);
            return string.Join('|', buffer.DenseValues().Select(Format));
        };
    }

    private static string Format<T>(T value) => value switch
    {
        float number => number.ToString("R", CultureInfo.InvariantCulture),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
