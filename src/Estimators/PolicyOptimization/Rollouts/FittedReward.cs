using Microsoft.ML;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>A trained ML.NET model that is a reward.</summary>
internal static class FittedReward
{
    /// <summary>What it makes of responses.</summary>
    /// <param name="model">The model.</param>
    /// <param name="schema">The columns of responses.</param>
    /// <exception cref="ArgumentException">It cannot be applied to them; the message says why, and what is often the reason.</exception>
    public static DataViewSchema OutputSchema(ITransformer model, DataViewSchema schema)
    {
        try
        {
            return model.GetOutputSchema(schema);
        }
        catch (ArgumentException exception)
        {
            string columns = string.Join(", ", schema.Where(column => !column.IsHidden).Select(column => column.Name));
            throw new ArgumentException(
                $"The model that is the reward cannot be applied to responses, which have the columns {columns}: {RowError.Cause(exception).TrimEnd('.')}. If that is a label that a step of the model copies, leave the step out and name the label with its trainer's labelColumnName.",
                exception);
        }
    }
}
