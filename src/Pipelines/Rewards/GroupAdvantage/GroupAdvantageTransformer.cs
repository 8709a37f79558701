using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Appends how a row's reward compares with those of its group, as the groups were when it was fitted. See <see cref="GroupAdvantageEstimator"/> for
/// its columns.</summary>
public sealed class GroupAdvantageTransformer : RewardTransformer
{
    private readonly GroupAdvantageState _state;
    private readonly Dictionary<string, int> _groups;

    internal GroupAdvantageTransformer(IHostEnvironment environment, GroupAdvantageState state)
        : base(environment, nameof(GroupAdvantageTransformer))
    {
        _state = state;
        _groups = state.Groups.Index().ToDictionary(group => group.Item, group => group.Index, StringComparer.Ordinal);
    }

    internal GroupAdvantageTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, Check(reader.ReadState<GroupAdvantageState>()))
    {
    }

    internal override IReadOnlyList<InputColumn> Inputs => InputsOf(_state.Options);

    internal override string OutputColumnName => _state.Options.OutputColumnName;

    internal static IReadOnlyList<InputColumn> InputsOf(GroupAdvantageOptions options) =>
    [
        GroupColumn.Input(options.GroupColumnName),
        .. RewardColumns.Inputs(options.RewardColumnNames),
    ];

    internal override void Save(ComponentWriter writer) => writer.WriteState(_state);

    internal override Func<float> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        Func<string> name = GroupColumn.Open(row, inputs[0]);
        Func<double[]> rewards = RewardColumns.Open(row, inputs[1..]);
        return () => _groups.TryGetValue(name(), out int group)
            ? (float)_state.Normalization.Advantage(rewards(), group)
            : throw new InvalidOperationException(
                $"Row {row.Position}: column '{inputs[0].Name}' names group '{name()}', which is none of the {_groups.Count} that the advantages were fitted on. Fit on all rows of a group before its rows are transformed.");
    }

    private static GroupAdvantageState Check(GroupAdvantageState state)
    {
        state.Options.Validate();
        bool fits = state.Groups.Length == state.Normalization.Groups.Length && state.Normalization.Weights.Length == state.Options.RewardColumnNames.Count
            && state.Groups.Distinct(StringComparer.Ordinal).Count() == state.Groups.Length;
        return fits
            ? state
            : throw new InvalidDataException(
                "The model zip's group advantages are damaged: names of groups, statistics and weights do not fit together.");
    }
}
