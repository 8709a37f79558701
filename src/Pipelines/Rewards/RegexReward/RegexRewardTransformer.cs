using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Appends a reward for responses that have a form. See <see cref="RegexRewardEstimator"/> for its columns.</summary>
public sealed class RegexRewardTransformer : RewardTransformer
{
    private readonly RegexRewardOptions _options;
    private readonly Regex _regex;

    internal RegexRewardTransformer(IHostEnvironment environment, RegexRewardOptions options)
        : base(environment, nameof(RegexRewardTransformer)) => (_options, _regex) = (options, options.Validate());

    internal RegexRewardTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<RegexRewardOptions>())
    {
    }

    internal override IReadOnlyList<InputColumn> Inputs => [InputColumn.Scalar(_options.ResponseColumnName, TextDataViewType.Instance)];

    internal override string OutputColumnName => _options.OutputColumnName;

    internal override void Save(ComponentWriter writer) => writer.WriteState(_options);

    internal override Func<float> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        Func<string> response = row.Text(inputs[0]);
        return () =>
        {
            try
            {
                return _regex.IsMatch(response()) ? _options.Match : _options.NoMatch;
            }
            catch (RegexMatchTimeoutException exception)
            {
                throw new InvalidOperationException(
                    $"Row {row.Position}: searching column '{inputs[0].Name}' for '{_options.Pattern}' took longer than {_options.Timeout}. Simplify the pattern, or use RegexOptions.NonBacktracking.",
                    exception);
            }
        };
    }
}
