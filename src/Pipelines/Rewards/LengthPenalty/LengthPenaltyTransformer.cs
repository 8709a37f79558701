using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Appends a penalty for long responses. See <see cref="LengthPenaltyEstimator"/> for its columns.</summary>
public sealed class LengthPenaltyTransformer : RewardTransformer
{
    private readonly LengthPenaltyOptions _options;

    internal LengthPenaltyTransformer(IHostEnvironment environment, LengthPenaltyOptions options)
        : base(environment, nameof(LengthPenaltyTransformer))
    {
        options.Validate();
        _options = options;
    }

    internal LengthPenaltyTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<LengthPenaltyOptions>())
    {
    }

    internal override IReadOnlyList<InputColumn> Inputs => [InputColumn.Vector(_options.ResponseColumnName, NumberDataViewType.Int32)];

    internal override string OutputColumnName => _options.OutputColumnName;

    internal override void Save(ComponentWriter writer) => writer.WriteState(_options);

    internal override Func<float> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        Func<int[]> tokens = row.Vector<int>(inputs[0]);
        return () => Penalty(tokens().Length);
    }

    private float Penalty(int length)
    {
        int expected = _options.MaximumLength - _options.SoftLength;
        return length <= expected ? 0 : length <= _options.MaximumLength ? (expected - length) / (float)_options.SoftLength : -1;
    }
}
