using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms;

/// <summary>Functions that read a column of a cursor's current row into plain .NET values.</summary>
internal static class RowReading
{
    /// <summary>Reads the row's id.</summary>
    public static Func<DataViewRowId> Id(this DataViewRow row)
    {
        ValueGetter<DataViewRowId> getter = row.GetIdGetter();
        return () =>
        {
            DataViewRowId id = default;
            getter(ref id);
            return id;
        };
    }

    /// <summary>Reads text; the string stays valid when the cursor moves.</summary>
    public static Func<string> Text(this DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<ReadOnlyMemory<char>> getter = row.GetGetter<ReadOnlyMemory<char>>(column);
        ReadOnlyMemory<char> value = default;
        return () =>
        {
            getter(ref value);
            return value.ToString();
        };
    }

    /// <summary>Reads one value.</summary>
    public static Func<TValue> Scalar<TValue>(this DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<TValue> getter = row.GetGetter<TValue>(column);
        return () =>
        {
            TValue value = default!;
            getter(ref value);
            return value;
        };
    }

    /// <summary>Reads a number, Single or Double.</summary>
    public static Func<double> Number(this DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type.RawType == typeof(double)) return row.Scalar<double>(column);
        Func<float> single = row.Scalar<float>(column);
        return () => single();
    }

    /// <summary>Checks that columns of a row have as many tokens.</summary>
    /// <exception cref="ArgumentException">They have not; the message names the first that differs.</exception>
    public static void RequireSameTokens(this DataViewRow row, IReadOnlyList<(string Column, int Tokens)> columns)
    {
        foreach ((string column, int tokens) in columns)
            if (tokens != columns[0].Tokens)
                throw new ArgumentException(FormattableString.Invariant(
                    $"Row {row.Position}: column '{columns[0].Column}' has {columns[0].Tokens} tokens and column '{column}' {tokens}, expected as many. Do they come from the same AttentionRhythm?"));
    }

    /// <summary>Reads a vector into an array of its own.</summary>
    public static Func<TItem[]> Vector<TItem>(this DataViewRow row, DataViewSchema.Column column)
    {
        ValueGetter<VBuffer<TItem>> getter = row.GetGetter<VBuffer<TItem>>(column);
        VBuffer<TItem> buffer = default;
        return () =>
        {
            getter(ref buffer);
            return [.. buffer.DenseValues()];
        };
    }

    /// <summary>Reads a vector of Single into an array of its own.</summary>
    public static Func<double[]> Doubles(this DataViewRow row, DataViewSchema.Column column)
    {
        Func<float[]> singles = row.Vector<float>(column);
        return () => Array.ConvertAll(singles(), value => (double)value);
    }
}
