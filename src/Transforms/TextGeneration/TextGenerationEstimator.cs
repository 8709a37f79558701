using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Lets a language model answer prompts.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input column
/// | column | type |
/// |---|---|
/// | Prompt | text, token ids as a vector of Int32, or a conversation as JSON text (`PromptFormat` Messages) for the model's chat template |
///
/// ### Output columns
/// | column | type | meaning |
/// |---|---|---|
/// | Response | text | the response without special tokens, up to a stop string; from a model without tokenizer the token ids in decimal |
/// | ResponseTokenIds | variable-size vector of Int32 | what was sampled, the stop token and those of a stop string included |
/// | ResponseLogProbabilities | variable-size vector of Single | per token, under the distribution that it was drawn from |
/// | FinishReason | text | StopToken, StopString or Length |
/// | PromptIndex | Int64 | only with several samples a prompt: the row of the input, from 0, in the order of the pass |
/// | SampleIndex | Int32 | only with several samples a prompt: which of them, from 0 |
///
/// With `SamplesPerPrompt` n above 1, every row becomes n rows, one after the other, with the same input columns; they share one pass over the prompt. A chain
/// that multiplies rows has no PredictionEngine. The first sample is the one that n = 1 gives.
///
/// Response and ResponseTokenIds are annotated with the model that wrote them, so that `AttentionRhythm()` finds it.
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Can it be saved in a model zip? | Yes, with the model, whose files are stored once however many components use it |
/// ]]></format>
/// A row's random numbers depend on the seed and the row's id, not on batches or other rows.
/// </remarks>
public sealed class TextGenerationEstimator : BatchEstimator<PolicyTransformer>
{
    private readonly LanguageModelHandle _model;
    private readonly TextGenerationOptions _options;

    internal TextGenerationEstimator(IHostEnvironment environment, CausalLanguageModel model, TextGenerationOptions options)
        : base(environment, nameof(TextGenerationEstimator))
    {
        options.Validate(model);
        (_model, _options) = (LanguageModelHandle.Borrow(model), options);
    }

    internal override IReadOnlyList<InputColumn> Inputs => [_options.Prompts.Input];

    internal override IEnumerable<DataViewSchema.DetachedColumn> Outputs =>
        [.. _options.Repetition?.Columns ?? [], .. PolicyTransformer.Outputs(_options, _model).Select(output => output.Column)];

    internal override void CheckShape(SchemaShape shape)
    {
        SchemaShape.Column prompt = Inputs[0].Find(Host, shape);
        _options.Prompts.Require(Host, _model.Model, isText: prompt.Kind == SchemaShape.Column.VectorKind.Scalar);
    }

    internal override PolicyTransformer FitCore(IDataView input)
    {
        WarnOfEqualSamples(Host, _options.Generation);
        return new PolicyTransformer(Host, _model.Share(), _options);
    }

    /// <summary>Says that several greedy responses to a prompt are one.</summary>
    internal static void WarnOfEqualSamples(IHost host, GenerationOptions generation)
    {
        if (generation.EqualSamples is not { } warning) return;
        using IChannel channel = host.Start("Options");
        channel.Warning(MessageSensitivity.None, warning);
    }
}
