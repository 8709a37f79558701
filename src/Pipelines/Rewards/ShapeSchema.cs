using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

/// <summary>The columns that a schema known only in outline stands for, so that a fitted model can be asked what it makes of them.</summary>
internal static class ShapeSchema
{
    /// <summary>Columns of that outline; vectors and keys of a number that it does not tell have one value.</summary>
    /// <param name="shape">The outline.</param>
    /// <returns>The columns, and whether such a number was made up, so that a model may refuse them for no fault of the data.</returns>
    public static (DataViewSchema Schema, bool MadeUp) Of(SchemaShape shape)
    {
        var schema = new DataViewSchema.Builder();
        bool madeUp = false;
        foreach (SchemaShape.Column column in shape)
        {
            DataViewType item = column.IsKey ? new KeyDataViewType(column.ItemType.RawType, 1) : column.ItemType;
            bool isVector = column.Kind is SchemaShape.Column.VectorKind.Vector or SchemaShape.Column.VectorKind.VariableVector;
            schema.AddColumn(
                column.Name,
                isVector && item is PrimitiveDataViewType primitive
                    ? new VectorDataViewType(primitive, column.Kind == SchemaShape.Column.VectorKind.Vector ? 1 : 0)
                    : item);
            madeUp |= column.IsKey || column.Kind == SchemaShape.Column.VectorKind.Vector;
        }
        return (schema.ToSchema(), madeUp);
    }
}
