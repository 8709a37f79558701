using Microsoft.ML;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Finds a reward that another hides: both write one column, and nothing reads the first one's.</summary>
/// <remarks>What a part of a chain reads, ML.NET does not say before data are there. But it refuses a schema that lacks it.</remarks>
internal static class HiddenReward
{
    /// <summary>Whether an estimator, perhaps a chain, hides a reward.</summary>
    /// <param name="reward">The estimator.</param>
    /// <param name="shape">What it is fitted on; it must fit that.</param>
    /// <param name="column">The reward's column.</param>
    public static bool IsIn(IEstimator<ITransformer> reward, SchemaShape shape, string column) => IsIn(
        MLNetInternals.Parts(reward).Select(part => (Func<SchemaShape, SchemaShape>)part.GetOutputSchema),
        Without(shape, column),
        known => known.Any(other => other.Name == column),
        known => Without(known, column));

    /// <summary>Whether a transformer, perhaps a chain, hides a reward.</summary>
    /// <param name="reward">The transformer.</param>
    /// <param name="schema">What it transforms; it must fit that.</param>
    /// <param name="column">The reward's column.</param>
    public static bool IsIn(ITransformer reward, DataViewSchema schema, string column) => IsIn(
        Parts(reward).Select(part => (Func<DataViewSchema, DataViewSchema>)part.GetOutputSchema),
        Without(schema, column),
        known => known.GetColumnOrNull(column) is not null,
        known => Without(known, column));

    /// <summary>What to do about it.</summary>
    public static string Message(string column) =>
        $"The reward writes column '{column}' twice, and nothing reads the first, so that only the last would count. Add them with WeightedReward, or let each write a column of its own.";

    /// <summary>What is known of data, less a column.</summary>
    public static SchemaShape Without(SchemaShape shape, string column) => new(shape.Where(other => other.Name != column));

    /// <summary>The columns of data, less those of a name.</summary>
    public static DataViewSchema Without(DataViewSchema schema, string column)
    {
        var others = new DataViewSchema.Builder();
        foreach (DataViewSchema.Column other in schema.Where(other => other.Name != column)) others.AddColumn(other.Name, other.Type, other.Annotations);
        return others.ToSchema();
    }

    private static bool IsIn<TSchema>(
        IEnumerable<Func<TSchema, TSchema>> parts, TSchema known, Predicate<TSchema> isWritten, Func<TSchema, TSchema> without)
    {
        bool unread = false;
        foreach (Func<TSchema, TSchema> part in parts)
        {
            bool? writes = isWritten(known) ? Writes(part, without(known), isWritten) : true;
            if (unread && writes == true) return true;
            known = part(known);
            unread = isWritten(known) && (writes == true || writes == false && unread);
        }
        return false;
    }

    /// <summary>Whether a part writes the column; null = it needs it.</summary>
    private static bool? Writes<TSchema>(Func<TSchema, TSchema> part, TSchema without, Predicate<TSchema> isWritten)
    {
        try
        {
            return isWritten(part(without));
        }
        catch (Exception)
        {
            return null;
        }
    }

    private static IEnumerable<ITransformer> Parts(ITransformer reward) => reward is IEnumerable<ITransformer> chain ? chain.SelectMany(Parts) : [reward];
}
