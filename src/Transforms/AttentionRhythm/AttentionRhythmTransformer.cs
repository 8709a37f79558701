using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Tells what a model's attention did while it wrote a response. See <see cref="AttentionRhythmEstimator"/> for its columns.</summary>
public sealed class AttentionRhythmTransformer : BatchTransformer
{
    private readonly AttentionRhythmOptions _options;
    private readonly LanguageModelHandle _model;
    private readonly RhythmOptions _rhythm;

    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The model; this transformer disposes the handle.</param>
    /// <param name="options">Columns and settings.</param>
    /// <param name="groups">The frozen groups; null where there are none.</param>
    internal AttentionRhythmTransformer(IHostEnvironment environment, LanguageModelHandle model, AttentionRhythmOptions options, HeadGroups? groups)
        : base(environment, nameof(AttentionRhythmTransformer), options.CancellationToken)
    {
        options.Validate();
        (_options, _model, Groups, _rhythm) = (options, model, groups, options.ToRhythmOptions(groups));
    }

    internal AttentionRhythmTransformer(IHostEnvironment environment, ComponentReader reader)
        : this(environment, reader, reader.ReadState<State>())
    {
    }

    private AttentionRhythmTransformer(IHostEnvironment environment, ComponentReader reader, State state)
        : this(environment, LanguageModelStore.Load(environment, reader, state.Model), state.Options, state.Groups)
    {
    }

    /// <summary>The model that is asked.</summary>
    /// <exception cref="ObjectDisposedException">This transformer, or the model, is disposed.</exception>
    public CausalLanguageModel Model => _model.Model;

    /// <summary>The head groups that were calibrated; null where rows or batches have groups of their own.</summary>
    public HeadGroups? Groups { get; }

    internal override BatchPolicy Batching => new(_options.BatchSize, Ramp: _rhythm.Grouping != HeadGrouping.PerBatch);

    /// <summary>The columns that are appended.</summary>
    internal static OutputColumn<TokenRhythm>[] Outputs(AttentionRhythmOptions options)
    {
        (RhythmColumns Column, Func<OutputColumn<TokenRhythm>> Create)[] columns =
        [
            (RhythmColumns.Tokens, () =>
                OutputColumn.Vector(options.TokensColumnName, TextDataViewType.Instance, (TokenRhythm row) => row.Tokens)),
            (RhythmColumns.TokenIds, () =>
                OutputColumn.Vector(options.TokenIdsColumnName, NumberDataViewType.Int32, (TokenRhythm row) => row.TokenIds)),
            (RhythmColumns.Waad, () =>
                OutputColumn.Vector(options.WaadColumnName, NumberDataViewType.Single, (TokenRhythm row) => row.Analysis?.Waad ?? [])),
            (RhythmColumns.Fai, () =>
                OutputColumn.Vector(options.FaiColumnName, NumberDataViewType.Single, (TokenRhythm row) => row.Analysis?.Fai ?? [])),
            (RhythmColumns.Entropy, () =>
                OutputColumn.Vector(options.EntropyColumnName, NumberDataViewType.Single, (TokenRhythm row) => row.Analysis?.Entropies ?? [])),
            (RhythmColumns.LogProbability, () =>
                OutputColumn.Vector(options.LogProbabilityColumnName, NumberDataViewType.Single, (TokenRhythm row) => row.Analysis?.LogProbabilities ?? [])),
            (RhythmColumns.ReceiverFai, () =>
                OutputColumn.Vector(options.ReceiverFaiColumnName, NumberDataViewType.Single, (TokenRhythm row) => row.Analysis?.ReceiverFai ?? [])),
        ];
        return [.. columns.Where(column => options.Outputs.HasFlag(column.Column)).Select(column => column.Create())];
    }

    internal override BatchMapper Bind(DataViewSchema schema)
    {
        _rhythm.Validate(Model.Config);
        var reader = new SequenceReader(Host, Model, schema, _options);
        return new BatchMapper<TokenSequence, TokenRhythm>(Host, schema, reader.Columns, reader.Open, Analyze, Outputs(_options));
    }

    internal override void Save(ComponentWriter writer) => writer.WriteState(new State(_options, Groups, LanguageModelStore.Save(writer, Model)));

    internal override void Release() => _model.Dispose();

    /// <summary>Asks the model about the rows that have a response.</summary>
    private TokenRhythm[] Analyze(IReadOnlyList<TokenSequence> rows)
    {
        CausalLanguageModel model = Model;
        TokenSequence[] answered = [.. rows.Where(row => row.ResponseIds.Length > 0)];
        bool scores = (_options.Outputs & (RhythmColumns.Entropy | RhythmColumns.LogProbability)) != 0;
        var analyses = new Queue<RhythmAnalysis>(model.ReadRhythm(answered, _rhythm, scores));
        return [.. rows.Select(row => new TokenRhythm(
            row.ResponseIds,
            _options.Outputs.HasFlag(RhythmColumns.Tokens) ? TokenText.Split(model, row.ResponseIds) : [],
            row.ResponseIds.Length > 0 ? analyses.Dequeue() : null))];
    }

    /// <summary>What is computed for a row; no analysis where the response is empty.</summary>
    internal sealed record TokenRhythm(int[] TokenIds, ReadOnlyMemory<char>[] Tokens, RhythmAnalysis? Analysis);

    /// <summary>What is saved.</summary>
    private sealed record State(AttentionRhythmOptions Options, HeadGroups? Groups, LanguageModelReference Model);
}
