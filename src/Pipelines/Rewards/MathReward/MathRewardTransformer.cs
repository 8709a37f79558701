using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Appends whether a response gives the right answer, as <see cref="MathVerifier"/> decides. See <see cref="MathRewardEstimator"/> for its
/// columns.</summary>
public sealed class MathRewardTransformer : RewardTransformer
{
    private readonly MathRewardOptions _options;

    internal MathRewardTransformer(IHostEnvironment environment, MathRewardOptions options)
        : base(environment, nameof(MathRewardTransformer))
    {
        options.Validate();
        _options = options;
    }

    internal MathRewardTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader.ReadState<MathRewardOptions>())
    {
    }

    internal override IReadOnlyList<InputColumn> Inputs =>
        [InputColumn.Scalar(_options.ResponseColumnName, TextDataViewType.Instance), InputColumn.Scalar(_options.AnswerColumnName, TextDataViewType.Instance)];

    internal override string OutputColumnName => _options.OutputColumnName;

    internal override void Save(ComponentWriter writer) => writer.WriteState(_options);

    internal override Func<float> Open(DataViewRow row, DataViewSchema.Column[] inputs)
    {
        Func<string> response = row.Text(inputs[0]), answer = row.Text(inputs[1]);
        // Responses to one prompt follow each other.
        string? text = null;
        ExtractedAnswer gold = default;
        return () =>
        {
            if (answer() is var current && current != text)
                (text, gold) = (current, AnswerExtraction.Find(current));
            if (!MathVerifier.IsReadable(gold))
                return _options.UnreadableAnswer == UnreadableAnswer.NoValue ? float.NaN : 0;
            return MathVerifier.IsCorrect(AnswerExtraction.Find(response()), gold) ? 1 : 0;
        };
    }
}
