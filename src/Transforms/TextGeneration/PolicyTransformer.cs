using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>A language model as a transformer: prompts to responses. <see cref="TextGenerationEstimator"/> makes it of a given model, the trainers of one that
/// they have trained. See the estimator for its columns.</summary>
public sealed class PolicyTransformer : BatchTransformer
{
    private readonly TextGenerationOptions _options;
    private readonly LanguageModelHandle _model;
    private readonly TextNotes _notes;

    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The model; this transformer disposes the handle.</param>
    /// <param name="options">Columns and settings.</param>
    internal PolicyTransformer(IHostEnvironment environment, LanguageModelHandle model, TextGenerationOptions options)
        : base(environment, nameof(PolicyTransformer), options.CancellationToken)
    {
        options.Validate();
        (_options, _model, _notes) = (options, model, new TextNotes(Host, model.Model, countsUnknown: false));
    }

    internal PolicyTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader, reader.ReadState<State>())
    {
    }

    private PolicyTransformer(IHostEnvironment environment, ComponentReader reader, State state)
        : this(environment, LanguageModelStore.Load(environment, reader, state.Model), state.Options)
    {
    }

    /// <summary>The model that writes the responses. It belongs to this transformer where a trainer or a zip made it, and is then disposed with the last
    /// transformer that uses it.</summary>
    /// <exception cref="ObjectDisposedException">This transformer, or the model, is disposed.</exception>
    public CausalLanguageModel Model => _model.Model;

    internal override BatchPolicy Batching => new(Math.Max(1, _options.BatchSize / Samples) * Samples, Unit: Samples);

    internal override Repetition? Repetition => _options.Repetition;

    private int Samples => _options.Generation.SamplesPerPrompt;

    /// <summary>The columns that are appended.</summary>
    /// <param name="options">Their names.</param>
    /// <param name="model">The model that writes them.</param>
    internal static OutputColumn<Response>[] Outputs(TextGenerationOptions options, LanguageModelHandle model) =>
    [
        OutputColumn.Text(
            options.ResponseColumnName,
            (Response response) => response.Text,
            LanguageModelAnnotation.Create(model, options.Prompts, options.TokenIdsColumnName)),
        OutputColumn.Vector(
            options.TokenIdsColumnName,
            NumberDataViewType.Int32,
            (Response response) => response.Sequence.TokenIds,
            LanguageModelAnnotation.Create(model, options.Prompts)),
        OutputColumn.Vector(options.LogProbabilitiesColumnName, NumberDataViewType.Single, (Response response) => response.Sequence.LogProbabilities),
        OutputColumn.Text(options.FinishReasonColumnName, (Response response) => response.Sequence.FinishReason.ToString()),
    ];

    internal override BatchMapper Bind(DataViewSchema schema)
    {
        DataViewSchema.Column prompt = _options.Prompts.Input.Find(Host, schema);
        _options.Prompts.Require(Host, Model, isText: prompt.Type is TextDataViewType);
        return new BatchMapper<Prompt, Response>(Host, schema, [prompt], row => Open(row, prompt), Generate, Outputs(_options, _model));
    }

    internal override void Save(ComponentWriter writer) => writer.WriteState(new State(_options, LanguageModelStore.Save(writer, Model)));

    internal override void Release() => _model.Dispose();

    private Func<Prompt> Open(DataViewRow row, DataViewSchema.Column column)
    {
        Func<int[]> tokens = _options.Prompts.Open(row, column, Model, Samples, _notes);
        Func<DataViewRowId> id = row.Id();
        return () =>
        {
            int[] ids = tokens();
            SequenceCheck.Prompt(Model.Config, ids, _options.Generation.MaxNewTokens ?? 1, (int)(row.Position / Samples));
            return new Prompt(ids, RowSeed.Of(_options.Generation.Seed, id()));
        };
    }

    /// <summary>The rows of one prompt stand one after the other, and batches never cut them.</summary>
    private Response[] Generate(IReadOnlyList<Prompt> rows)
    {
        Prompt[] prompts = [.. rows.Where((_, i) => i % Samples == 0)];
        GenerationOptions options = _options.Generation with { PromptSeeds = [.. prompts.Select(prompt => prompt.Seed)], BatchSize = _options.BatchSize };
        IReadOnlyList<GeneratedSequence> sequences = Model.Generate([.. prompts.Select(prompt => prompt.TokenIds)], options, CancellationToken);
        return [.. sequences.Select(sequence => new Response(sequence, sequence.Text ?? TokenText.Join(Model, sequence.TokenIds)))];
    }

    /// <summary>What is read of a row.</summary>
    internal readonly record struct Prompt(int[] TokenIds, long Seed);

    /// <summary>What is computed for a row.</summary>
    internal sealed record Response(GeneratedSequence Sequence, string Text);

    /// <summary>What is saved.</summary>
    private sealed record State(TextGenerationOptions Options, LanguageModelReference Model);
}
