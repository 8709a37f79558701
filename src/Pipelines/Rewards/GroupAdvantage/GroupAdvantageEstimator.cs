using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Estimators;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Compares each reward with those of its group (Eq. 5 of arXiv 2510.13554): Â = (R − mean of its group) / (standard deviation + 1e-4), as
/// <see cref="PolicyOptimizationTrainer"/> does.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input columns
/// | column | type | meaning |
/// |---|---|---|
/// | Reward, or several by name | Single | NaN = no value |
/// | Group | text, Int32, Int64 or a key | rows with the same value answer the same prompt; they need not follow each other |
///
/// ### Output columns
/// | column | type | meaning |
/// |---|---|---|
/// | Advantage | Single | Â; 0 for a row without a reward, and for one whose group has no other |
///
/// Fit learns mean and standard deviation of every group and of the whole data; a group that was not there then is an error that names it. Memory grows with
/// the rows that Fit sees.
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | Yes |
/// | Can it be saved in a model zip? | Yes |
/// ]]></format>
/// </remarks>
public sealed class GroupAdvantageEstimator : BatchEstimator<GroupAdvantageTransformer>
{
    private readonly GroupAdvantageOptions _options;

    internal GroupAdvantageEstimator(IHostEnvironment environment, GroupAdvantageOptions options)
        : base(environment, nameof(GroupAdvantageEstimator))
    {
        options.Validate();
        _options = options;
    }

    internal override IReadOnlyList<InputColumn> Inputs => GroupAdvantageTransformer.InputsOf(_options);

    internal override IEnumerable<DataViewSchema.DetachedColumn> Outputs => [RewardTransformer.OutputOf(_options.OutputColumnName).Column];

    internal override GroupAdvantageTransformer FitCore(IDataView input)
    {
        DataViewSchema.Column[] columns = [.. Inputs.Select(column => column.Find(Host, input.Schema))];
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        var rewards = new List<double[]>();
        var groups = new List<int>();
        using (DataViewRowCursor cursor = input.GetRowCursor(columns))
        {
            Func<string> name = GroupColumn.Open(cursor, columns[0]);
            Func<double[]> read = RewardColumns.Open(cursor, columns[1..]);
            while (cursor.MoveNext())
            {
                string group = name();
                if (!indices.TryGetValue(group, out int index))
                    indices[group] = index = indices.Count;
                groups.Add(index);
                rewards.Add(read());
            }
        }
        if (rewards.Count == 0)
            throw Host.Process(new InvalidOperationException("GroupAdvantage was fitted on no rows, expected the rewards of at least one group."));
        return new GroupAdvantageTransformer(Host, new GroupAdvantageState(
            _options,
            [.. indices.Keys],
            AdvantageNormalization.Fit(rewards, groups, indices.Count, _options.Advantage)));
    }
}
