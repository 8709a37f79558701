using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Appends the reward of a response to a Countdown problem, as <see cref="CountdownVerifier.Score"/> decides.</summary>
/// <remarks>
/// Reads the response (text), the given numbers (vector of Int32 or Single, of any size) and the target (Int32, Single or Double); writes a Single, 0 to 1.
/// Numbers that are not whole, or a target that is not finite, stop the pass with an error that names column, row and value.
/// </remarks>
public sealed class CountdownRewardTransformer : RewardTransformer
{
    // Every whole number up to here is a Single of its own.
    private const float LargestExactInteger = 1 << 24;

    private readonly CountdownRewardOptions _options;

    internal CountdownRewardTransformer(IHostEnvironment environment, CountdownRewardOptions options)
        : base(environment, nameof(CountdownRewardTransformer))
    {
        options.Validate();
        _options = options;
    }

    internal CountdownRewardTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<CountdownRewardOptions>())
    {
    }

    internal override IReadOnlyList<InputColumn> Inputs =>
    [
        InputColumn.Scalar(_options.ResponseColumnName, TextDataViewType.Instance),
        InputColumn.Vector(_options.NumbersColumnName, NumberDataViewType.Int32, NumberDataViewType.Single),
        InputColumn.Scalar(_options.TargetColumnName, NumberDataViewType.Int32, NumberDataViewType.Single, NumberDataViewType.Double),
    ];

    internal override string OutputColumnName => _options.OutputColumnName;

    internal override void Save(ComponentWriter writer) => writer.WriteState(_options);

    internal override Func<float> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        Func<string> response = row.Text(inputs[0]);
        Func<int[]> numbers = OpenNumbers(row, inputs[1]);
        Func<double> target = OpenTarget(row, inputs[2]);
        return () => CountdownVerifier.Score(response(), numbers(), target(), _options.Format);
    }

    private static Func<int[]> OpenNumbers(DataViewRow row, DataViewSchema.Column column)
    {
        if (((VectorDataViewType)column.Type).ItemType.Equals(NumberDataViewType.Int32))
            return row.Vector<int>(column);
        Func<float[]> numbers = row.Vector<float>(column);
        return () => [.. numbers().Select(number => number == Math.Truncate(number) && Math.Abs(number) <= LargestExactInteger
            ? (int)number
            : throw Unusable(row, column, number, "whole numbers"))];
    }

    private static Func<double> OpenTarget(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type.Equals(NumberDataViewType.Int32))
        {
            Func<int> whole = row.Scalar<int>(column);
            return () => whole();
        }
        Func<double> target = row.Number(column);
        return () => target() is var value && double.IsFinite(value) ? value : throw Unusable(row, column, value, "a finite number");
    }

    private static ArgumentException Unusable(DataViewRow row, DataViewSchema.Column column, double found, string expected) =>
        new(FormattableString.Invariant($"Column '{column.Name}' holds {found} in row {row.Position}, expected {expected}."));
}
