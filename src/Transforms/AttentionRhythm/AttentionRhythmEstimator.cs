using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Tells, for every token of a response, what the model's attention did: how far it looked back (WAAD), how much later tokens looked at it (FAI), how
/// sure the model was.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Input columns
/// | column | type |
/// |---|---|
/// | Prompt | text, token ids as a vector of Int32, or a conversation as JSON text (`PromptFormat` Messages); not empty |
/// | Response | text, or token ids as a vector of Int32; an empty one gives empty vectors |
///
/// A text that a model of this process wrote comes with its token ids (annotation `TokenIds`), and these are read: tokenizing a text again need not give the
/// tokens that were sampled. A model with another tokenizer than the writer's (annotation `Tokenizer`) reads the text. Text of a prompt gets the special
/// tokens that the tokenizer puts around it (`AddSpecialTokens`), text of a response does not.
///
/// ### Output columns: one value per response token
/// | column | type | meaning |
/// |---|---|---|
/// | Tokens | variable-size vector of text | the text that each token adds: joined, the decoded response; from a model without tokenizer the ids in decimal |
/// | TokenIds | variable-size vector of Int32 | |
/// | Waad | variable-size vector of Single | windowed average attention distance of the local heads, 0 to W tokens |
/// | Fai | variable-size vector of Single | future attention influence of the global heads; NaN where no later token lies in the horizon |
/// | Entropy | variable-size vector of Single | of the distribution that produced the token, in nats |
/// | LogProbability | variable-size vector of Single | natural logarithm of the token's probability |
/// | ReceiverFai | variable-size vector of Single | FAI of the receiver heads; only where `Outputs` asks for it |
///
/// | | |
/// |---|---|
/// | Does this estimator need to look at the data to train its parameters? | With Grouping Calibrated, the default: one pass finds the head groups. Otherwise no |
/// | Can it be saved in a model zip? | Yes, with the model, whose files are stored once however many components use it |
/// ]]></format>
/// Without a model, the one that wrote the response is asked: it is found by the annotation that GenerateText and the trainers' policies leave on their
/// columns. Annotations say, too, how they read the prompt (as text or as a conversation), and it is read the same way.
/// </remarks>
public sealed class AttentionRhythmEstimator : BatchEstimator<AttentionRhythmTransformer>
{
    private readonly LanguageModelHandle? _model;
    private readonly AttentionRhythmOptions _options;

    internal AttentionRhythmEstimator(IHostEnvironment environment, CausalLanguageModel? model, AttentionRhythmOptions options)
        : base(environment, nameof(AttentionRhythmEstimator))
    {
        options.Validate();
        (_model, _options) = (model is null ? null : LanguageModelHandle.Borrow(model), options);
    }

    internal override IReadOnlyList<InputColumn> Inputs => [_options.Prompts.Input, InputColumn.TextOrTokenIds(_options.ResponseColumnName)];

    internal override IEnumerable<DataViewSchema.DetachedColumn> Outputs => AttentionRhythmTransformer.Outputs(_options).Select(output => output.Column);

    internal override void CheckShape(SchemaShape shape)
    {
        base.CheckShape(shape);
        if (_model is null) LanguageModelAnnotation.RequireModel(Host, Inputs[1].Find(Host, shape));
    }

    internal override AttentionRhythmTransformer FitCore(IDataView input)
    {
        DataViewSchema.Column response = input.Schema[_options.ResponseColumnName];
        AttentionRhythmOptions options = _options.ReadingLike(response);
        LanguageModelHandle model = _model?.Share() ?? LanguageModelAnnotation.FindModel(Host, response);
        try
        {
            HeadGroups? groups = options.Calibrates ? HeadCalibration.Calibrate(Host, model.Model, input, options) : options.Groups;
            var transformer = new AttentionRhythmTransformer(Host, model, options, groups);
            transformer.GetOutputSchema(input.Schema); // what the model cannot read is an error now, not at the first row
            return transformer;
        }
        catch (Exception exception)
        {
            model.Dispose();
            Host.Process(exception);
            throw;
        }
    }
}
