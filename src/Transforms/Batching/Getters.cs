using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>The checks that ML.NET makes when a consumer asks a row for a getter.</summary>
internal static class Getters
{
    /// <summary>What is said where a value is read and there is none.</summary>
    public const string NoRow = "The cursor stands on no row: call MoveNext before reading a value, and read none after it returned false.";

    /// <exception cref="InvalidOperationException">The column was not asked for when the cursor was made.</exception>
    public static void RequireActive(IExceptionContext context, bool[] active, DataViewSchema.Column column)
    {
        if (!active[column.Index])
            throw context.Process(new InvalidOperationException($"Column '{column.Name}' is not active: ask for it when the cursor is made."));
    }

    /// <exception cref="InvalidOperationException">The consumer reads the column as another type.</exception>
    public static ValueGetter<TValue> Cast<TValue>(IExceptionContext context, Delegate getter, DataViewSchema.Column column) =>
        getter as ValueGetter<TValue>
        ?? throw context.Process(new InvalidOperationException(
            $"Column '{column.Name}' was asked for as '{typeof(TValue)}', expected '{column.Type.RawType}'."));
}
