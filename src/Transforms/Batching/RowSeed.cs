using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Seeds that belong to rows: a row's random numbers do not depend on batches, cursors, filters or the order of rows, since its id travels with
/// it.</summary>
internal static class RowSeed
{
    /// <summary>A number made of a row's id.</summary>
    public static long Of(DataViewRowId id) => (long)RandomUniform.Combine(id.Low, id.High);

    /// <summary>A seed of its own for a row.</summary>
    public static long Of(long seed, DataViewRowId id) => (long)RandomUniform.Mix((ulong)seed + (ulong)Of(id));
}
