using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>Describes the rhythm of a response by a vector of a fixed size. See <see cref="RhythmFeaturesEstimator"/> for its slots.</summary>
public sealed class RhythmFeaturesTransformer : BatchTransformer
{
    private readonly RhythmFeaturesOptions _options;
    private readonly RhythmFeatureSet _features;

    internal RhythmFeaturesTransformer(IHostEnvironment environment, RhythmFeaturesOptions options)
        : base(environment, nameof(RhythmFeaturesTransformer)) => (_options, _features) = (options, new RhythmFeatureSet(options));

    internal RhythmFeaturesTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<RhythmFeaturesOptions>())
    {
    }

    internal static InputColumn[] Inputs(RhythmFeaturesOptions options) =>
        [.. options.Selected.Select(signal => InputColumn.Vector(options.ColumnName(signal), NumberDataViewType.Single))];

    internal static OutputColumn<float[]> Output(RhythmFeaturesOptions options)
    {
        IReadOnlyList<string> names = new RhythmFeatureSet(options).Names;
        return OutputColumn.Vector(
            options.OutputColumnName,
            NumberDataViewType.Single,
            (float[] features) => features,
            ColumnAnnotations.SlotNames(names),
            names.Count);
    }

    internal override BatchMapper Bind(DataViewSchema schema)
    {
        DataViewSchema.Column[] inputs = [.. Inputs(_options).Select(column => column.Find(Host, schema))];
        return new BatchMapper<float[], float[]>(Host, schema, inputs, row => Open(row, inputs), rows => rows, [Output(_options)]);
    }

    internal override void Save(ComponentWriter writer) => writer.WriteState(_options);

    private Func<float[]> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        Func<double[]>[] readers = [.. inputs.Select(row.Doubles)];
        return () =>
        {
            double[][] signals = [.. readers.Select(read => read())];
            row.RequireSameTokens([.. signals.Select((values, i) => (inputs[i].Name, values.Length))]);
            return _features.Compute(signals);
        };
    }
}
