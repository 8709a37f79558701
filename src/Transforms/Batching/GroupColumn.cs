using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms;

/// <summary>The column that says which rows belong together: text, numbers, or keys, which go by the values that they stand for.</summary>
internal static class GroupColumn
{
    /// <summary>The column, by name. GenerateText, which answers a prompt several times, has another for it.</summary>
    public static InputColumn Input(string name) => InputColumn
        .ScalarOrKey(name, TextDataViewType.Instance, NumberDataViewType.Int32, NumberDataViewType.Int64)
        .Suggesting(new TextGenerationOptions().PromptIndexColumnName, "GroupColumnName");

    /// <summary>Reads the name of a row's group; it throws where a key or text is missing.</summary>
    public static Func<string> Open(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        TextDataViewType => Text(row, column),
        KeyDataViewType => Key(row, column),
        { RawType: var type } when type == typeof(int) => Number(row.Scalar<int>(column)),
        _ => Number(row.Scalar<long>(column)),
    };

    private static Func<string> Number<T>(Func<T> read)
        where T : IFormattable => () => read().ToString(null, CultureInfo.InvariantCulture);

    private static Func<string> Text(DataViewRow row, DataViewSchema.Column column)
    {
        Func<string> read = row.Text(column);
        return () => read() is { Length: > 0 } name ? name : throw Missing(row, column, "empty text");
    }

    private static Func<string> Key(DataViewRow row, DataViewSchema.Column column)
    {
        Func<uint> read = row.Scalar<uint>(column);
        string[]? names = Names(column);
        return () => read() switch
        {
            0 => throw Missing(row, column, "a missing key"),
            uint key when key <= names?.Length => names[key - 1],
            uint key => key.ToString(CultureInfo.InvariantCulture),
        };
    }

    private static InvalidOperationException Missing(DataViewRow row, DataViewSchema.Column column, string found) => new(
        $"Row {row.Position}: column '{column.Name}' is {found}, expected the group that the row belongs to. Filter such rows out first.");

    /// <summary>The values that keys stand for; null where they are not known, as after hashing.</summary>
    private static string[]? Names(DataViewSchema.Column column) =>
        // Values are of any type, which is known here only: whatever it is, it is read and written in the same way.
        column.Annotations.Schema.GetColumnOrNull("KeyValues")?.Type is VectorDataViewType { ItemType.RawType: var type }
            ? (string[])new Func<DataViewSchema.Column, string[]>(Values<int>).Method
                .GetGenericMethodDefinition()
                .MakeGenericMethod(type)
                .Invoke(null, [column])!
            : null;

    private static string[] Values<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.GetKeyValues(ref values);
        return [.. values.DenseValues().Select(value => string.Create(CultureInfo.InvariantCulture, $"{value}"))];
    }
}
