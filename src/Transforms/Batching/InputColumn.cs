using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>A column that a component reads: its name and the types it may have.</summary>
internal sealed class InputColumn
{
    private readonly string _expected;
    private readonly Func<bool, DataViewType, bool> _accepts;
    private readonly bool _acceptsKeys;
    private readonly (string Name, string Option)? _likely;

    /// <param name="name">The column's name.</param>
    /// <param name="expected">The types, for error messages.</param>
    /// <param name="accepts">Whether a column of these is fine: whether it is a vector, and the type of its items.</param>
    /// <param name="acceptsKeys">Whether a column of one key per row (of UInt32, as ML.NET's own components write them) is fine, too.</param>
    /// <param name="likely">A column that may be meant where this one is missing, and the option that names it; null = none.</param>
    private InputColumn(
        string name, string expected, Func<bool, DataViewType, bool> accepts, bool acceptsKeys = false, (string Name, string Option)? likely = null) =>
        (Name, _expected, _accepts, _acceptsKeys, _likely) = (name, expected, accepts, acceptsKeys, likely);

    /// <summary>The column's name.</summary>
    public string Name { get; }

    /// <summary>A column of one value per row, of one of these types.</summary>
    public static InputColumn Scalar(string name, params PrimitiveDataViewType[] types) =>
        new(name, string.Join<DataViewType>(" or ", types), (vector, item) => !vector && types.Contains(item));

    /// <summary>A column of one value per row, of one of these types, or of keys.</summary>
    public static InputColumn ScalarOrKey(string name, params PrimitiveDataViewType[] types) =>
        new(name, string.Join<DataViewType>(" or ", types) + " or a key of UInt32", (vector, item) => !vector && types.Contains(item), acceptsKeys: true);

    /// <summary>This column; where it is missing and another is there, the error asks whether that is the one.</summary>
    /// <param name="name">The other column.</param>
    /// <param name="option">The option that names the column to read.</param>
    public InputColumn Suggesting(string name, string option) => new(Name, _expected, _accepts, _acceptsKeys, (name, option));

    /// <summary>A column of vectors, of any size, of items of one of these types.</summary>
    public static InputColumn Vector(string name, params PrimitiveDataViewType[] itemTypes) =>
        new(name, string.Join(" or ", itemTypes.Select(type => $"Vector<{type}>")), (vector, item) => vector && itemTypes.Contains(item));

    /// <summary>A column of text, or of vectors of token ids.</summary>
    public static InputColumn TextOrTokenIds(string name) =>
        new(
            name,
            $"{TextDataViewType.Instance}, or token ids as Vector<{NumberDataViewType.Int32}>",
            (vector, item) => vector ? item.Equals(NumberDataViewType.Int32) : item.Equals(TextDataViewType.Instance));

    /// <summary>Finds the column in the schema of data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of another type.</exception>
    public DataViewSchema.Column Find(IExceptionContext context, DataViewSchema schema)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(Name)
            ?? throw Missing(context, nameof(schema), schema.Where(other => !other.IsHidden).Select(other => other.Name));
        (bool isVector, DataViewType item) = column.Type is VectorDataViewType vector ? (true, vector.ItemType) : (false, column.Type);
        return Accepts(isVector, item, item is KeyDataViewType) ? column : throw Mismatch(context, nameof(schema), $"{column.Type}");
    }

    /// <summary>Finds the column in what estimators promise of data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of another type.</exception>
    public SchemaShape.Column Find(IExceptionContext context, SchemaShape shape)
    {
        foreach (SchemaShape.Column column in shape.Where(column => column.Name == Name))
            return Accepts(column.Kind != SchemaShape.Column.VectorKind.Scalar, column.ItemType, column.IsKey)
                ? column
                : throw Mismatch(context, nameof(shape), $"{column.Kind} of {(column.IsKey ? "key " : "")}{column.ItemType}");
        throw Missing(context, nameof(shape), shape.Select(other => other.Name));
    }

    private bool Accepts(bool isVector, DataViewType item, bool isKey) =>
        isKey ? _acceptsKeys && !isVector && item.RawType == typeof(uint) : _accepts(isVector, item);

    private ArgumentOutOfRangeException Missing(IExceptionContext context, string parameter, IEnumerable<string> names)
    {
        string[] there = [.. names];
        string hint = _likely is { } likely && there.Contains(likely.Name) ? $" Set {likely.Option} to '{likely.Name}'?" : "";
        return context.Process(new ArgumentOutOfRangeException(
            parameter, $"Could not find input column '{Name}', expected {_expected}. The data has: {string.Join(", ", there)}.{hint}"));
    }

    private ArgumentOutOfRangeException Mismatch(IExceptionContext context, string parameter, string found) =>
        context.Process(new ArgumentOutOfRangeException(parameter, $"Schema mismatch for input column '{Name}': expected {_expected}, got {found}."));
}
