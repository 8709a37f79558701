using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Reads several columns of rewards.</summary>
internal static class RewardColumns
{
    public static InputColumn[] Inputs(IEnumerable<string> names) => [.. names.Select(name => InputColumn.Scalar(name, NumberDataViewType.Single))];

    /// <summary>Reads a row's rewards; NaN = no value.</summary>
    /// <exception cref="ArgumentException">One is infinite; the message names column and row.</exception>
    public static Func<double[]> Open(DataViewRow row, IReadOnlyList<DataViewSchema.Column> columns)
    {
        Func<float>[] readers = [.. columns.Select(row.Scalar<float>)];
        return () =>
        {
            double[] rewards = new double[readers.Length];
            for (int k = 0; k < rewards.Length; k++)
            {
                rewards[k] = readers[k]();
                if (double.IsInfinity(rewards[k]))
                    throw new ArgumentException(FormattableString.Invariant(
                        $"Column '{columns[k].Name}' holds {rewards[k]} in row {row.Position}, expected a finite reward, or NaN for no value."));
            }
            return rewards;
        };
    }
}
