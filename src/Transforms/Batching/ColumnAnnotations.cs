using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms;

/// <summary>Makes the annotations of output columns.</summary>
internal static class ColumnAnnotations
{
    /// <summary>The names of a key type's values.</summary>
    public static DataViewSchema.Annotations KeyValues(IReadOnlyList<string> names) => Names("KeyValues", names);

    /// <summary>The names of a vector's slots.</summary>
    public static DataViewSchema.Annotations SlotNames(IReadOnlyList<string> names) => Names("SlotNames", names);

    private static DataViewSchema.Annotations Names(string kind, IReadOnlyList<string> names)
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add<VBuffer<ReadOnlyMemory<char>>>(
            kind,
            new VectorDataViewType(TextDataViewType.Instance, names.Count),
            (ref VBuffer<ReadOnlyMemory<char>> value) =>
                value = new VBuffer<ReadOnlyMemory<char>>(names.Count, [.. names.Select(name => name.AsMemory())]));
        return builder.ToAnnotations();
    }
}
