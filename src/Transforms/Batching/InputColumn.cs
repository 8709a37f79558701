using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>A column that a component reads: its name and the types it may have.</summary>
internal sealed class InputColumn
{
    private readonly string _expected;
    private readonly Func<bool, DataViewType, bool> _accepts;

    /// <param name="name">The column's name.</param>
    /// <param name="expected">The types, for error messages.</param>
    /// <param name="accepts">Whether a column of these is fine: whether it is a vector, and the type of its items.</param>
    private InputColumn(string name, string expected, Func<bool, DataViewType, bool> accepts) => (Name, _expected, _accepts) = (name, expected, accepts);

    /// <summary>The column's name.</summary>
    public string Name { get; }

    /// <summary>A column of one value per row, of one of these types.</summary>
    public static InputColumn Scalar(string name, params PrimitiveDataViewType[] types) => new(name, string.Join<DataViewType>(" or ", types), (vector, item) => !vector && types.Contains(item));

    /// <summary>A column of vectors, of any size, of items of one of these types.</summary>
    public static InputColumn Vector(string name, params PrimitiveDataViewType[] itemTypes) =>
        new(name, string.Join(" or ", itemTypes.Select(type => $"Vector<{type}>")), (vector, item) => vector && itemTypes.Contains(item));

    /// <summary>A column of text, or of vectors of token ids.</summary>
    public static InputColumn TextOrTokenIds(string name) =>
        new(name, $"{TextDataViewType.Instance}, or token ids as Vector<{NumberDataViewType.Int32}>", (vector, item) => vector ? item.Equals(NumberDataViewType.Int32) : item.Equals(TextDataViewType.Instance));

    /// <summary>Finds the column in the schema of data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of another type.</exception>
    public DataViewSchema.Column Find(IExceptionContext context, DataViewSchema schema)
    {
        DataViewSchema.Column column = schema.GetColumnOrNull(Name) ?? throw Missing(context, nameof(schema), schema.Where(other => !other.IsHidden).Select(other => other.Name));
        return _accepts(column.Type is VectorDataViewType, column.Type is VectorDataViewType vector ? vector.ItemType : column.Type)
            ? column
            : throw Mismatch(context, nameof(schema), $"{column.Type}");
    }

    /// <summary>Finds the column in what estimators promise of data.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is missing or of another type.</exception>
    public SchemaShape.Column Find(IExceptionContext context, SchemaShape shape)
    {
        foreach (SchemaShape.Column column in shape.Where(column => column.Name == Name))
            return !column.IsKey && _accepts(column.Kind != SchemaShape.Column.VectorKind.Scalar, column.ItemType)
                ? column
                : throw Mismatch(context, nameof(shape), $"{column.Kind} of {(column.IsKey ? "key " : "")}{column.ItemType}");
        throw Missing(context, nameof(shape), shape.Select(other => other.Name));
    }

    private ArgumentOutOfRangeException Missing(IExceptionContext context, string parameter, IEnumerable<string> names) =>
        context.Process(new ArgumentOutOfRangeException(parameter, $"Could not find input column '{Name}', expected {_expected}. The data has: {string.Join(", ", names)}."));

    private ArgumentOutOfRangeException Mismatch(IExceptionContext context, string parameter, string found) =>
        context.Process(new ArgumentOutOfRangeException(parameter, $"Schema mismatch for input column '{Name}': expected {_expected}, got {found}."));
}
