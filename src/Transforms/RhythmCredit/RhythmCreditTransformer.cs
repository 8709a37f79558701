using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>Assigns credit to response tokens. See <see cref="RhythmCreditEstimator"/> for its columns.</summary>
public sealed class RhythmCreditTransformer : BatchTransformer
{
    private readonly RhythmCreditOptions _options;

    internal RhythmCreditTransformer(IHostEnvironment environment, RhythmCreditOptions options)
        : base(environment, nameof(RhythmCreditTransformer))
    {
        options.Validate();
        _options = options;
    }

    internal RhythmCreditTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<RhythmCreditOptions>())
    {
    }

    /// <summary>The strategy and its settings.</summary>
    public CreditOptions Credit => _options.Credit;

    /// <summary>The columns that a strategy reads. The first one says how many tokens there are.</summary>
    internal static InputColumn[] Inputs(RhythmCreditOptions options)
    {
        string[] names = options.Credit.Strategy switch
        {
            CreditStrategy.Global => [options.FaiColumnName],
            CreditStrategy.Flow => [options.FlowColumnName],
            CreditStrategy.HighEntropy => [options.EntropyColumnName],
            CreditStrategy.Coupled => [options.WaadColumnName, options.FaiColumnName],
            _ => [options.WaadColumnName],
        };
        IEnumerable<InputColumn> signals = names.Select(name => InputColumn.Vector(name, NumberDataViewType.Single));
        return options.Credit.Sign == CreditSign.Both
            ? [.. signals]
            : [.. signals, InputColumn.Scalar(options.AdvantageColumnName, NumberDataViewType.Single, NumberDataViewType.Double)];
    }

    internal static OutputColumn<CreditAssignment>[] Outputs(RhythmCreditOptions options) =>
    [
        OutputColumn.Vector(
            options.CreditColumnName,
            NumberDataViewType.Single,
            (CreditAssignment assignment) => Array.ConvertAll(assignment.Credit, credit => (float)credit)),
        OutputColumn.Vector(
            options.RoleColumnName,
            RoleKey.Type,
            (CreditAssignment assignment) => Array.ConvertAll(assignment.Roles, RoleKey.Of),
            ColumnAnnotations.KeyValues(RoleKey.Names)),
    ];

    internal override BatchMapper Bind(DataViewSchema schema)
    {
        DataViewSchema.Column[] inputs = [.. Inputs(_options).Select(column => column.Find(Host, schema))];
        return new BatchMapper<CreditAssignment, CreditAssignment>(Host, schema, inputs, row => Open(row, inputs), rows => rows, Outputs(_options));
    }

    internal override void Save(ComponentWriter writer) => writer.WriteState(_options);

    private Func<CreditAssignment> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        Func<double[]?> waad = Reader(row, inputs, _options.WaadColumnName), fai = Reader(row, inputs, _options.FaiColumnName);
        Func<double[]?> entropy = Reader(row, inputs, _options.EntropyColumnName), flow = Reader(row, inputs, _options.FlowColumnName);
        Func<double>? advantage = _options.Credit.Sign == CreditSign.Both ? null : row.Number(inputs[^1]);
        Func<DataViewRowId> id = row.Id();
        return () =>
        {
            (double[]? Values, string Column)[] signals =
            [
                (waad(), _options.WaadColumnName),
                (fai(), _options.FaiColumnName),
                (entropy(), _options.EntropyColumnName),
                (flow(), _options.FlowColumnName),
            ];
            (string Column, int Tokens)[] lengths =
                [.. signals.Where(signal => signal.Values is not null).Select(signal => (signal.Column, signal.Values!.Length))];
            row.RequireSameTokens(lengths);
            var tokens = new TokenSignals
            {
                Count = lengths[0].Tokens,
                Waad = signals[0].Values,
                Fai = signals[1].Values,
                Entropy = signals[2].Values,
                Flow = signals[3].Values,
            };
            return RhythmCreditFunction.Assign(tokens, _options.Credit, RowSeed.Of(id()), advantage?.Invoke());
        };
    }

    /// <summary>Reads a column; null where the strategy has no use for it.</summary>
    private static Func<double[]?> Reader(DataViewRow row, DataViewSchema.Column[] inputs, string name)
    {
        int index = Array.FindIndex(inputs, column => column.Name == name);
        if (index < 0) return () => null;
        return row.Doubles(inputs[index]);
    }
}
