using System.Text.Json.Serialization;
using Microsoft.ML;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Columns and settings of <see cref="AttentionRhythmEstimator"/>. Defaults are the paper's, version 2.</summary>
public sealed record AttentionRhythmOptions
{
    /// <summary>The prompt: text, or token ids as a vector of Int32. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = "Prompt";

    /// <summary>What text of the prompt column says: the prompt itself, or a conversation as JSON. Default null = as it was read when the response was written,
    /// where the response's column says so (<see cref="LanguageModelAnnotation"/>), else <see cref="PromptFormat.Text"/>.</summary>
    public PromptFormat? PromptFormat { get; init; }

    /// <summary>Whether a prompt given as text gets the special tokens that the tokenizer puts around a text, as
    /// <see cref="GenerationOptions.AddSpecialTokens"/>. Default null = as when the response was written, where the response's column says so, else
    /// true.</summary>
    public bool? AddSpecialTokens { get; init; }

    /// <summary>The response: text, or token ids as a vector of Int32. Default "Response".</summary>
    public string ResponseColumnName { get; init; } = "Response";

    /// <summary>The columns that are written. Default all but ReceiverFai.</summary>
    public RhythmColumns Outputs { get; init; } = RhythmColumns.Default;

    /// <summary>Where the response's tokens go, as text. Default "Tokens".</summary>
    public string TokensColumnName { get; init; } = "Tokens";

    /// <summary>Where the response's token ids go. Default "TokenIds".</summary>
    public string TokenIdsColumnName { get; init; } = "TokenIds";

    /// <summary>Where WAAD goes. Default "Waad".</summary>
    public string WaadColumnName { get; init; } = "Waad";

    /// <summary>Where FAI goes. Default "Fai".</summary>
    public string FaiColumnName { get; init; } = "Fai";

    /// <summary>Where entropies go. Default "Entropy".</summary>
    public string EntropyColumnName { get; init; } = "Entropy";

    /// <summary>Where log-probabilities go. Default "LogProbability".</summary>
    public string LogProbabilityColumnName { get; init; } = "LogProbability";

    /// <summary>Where the FAI of receiver heads goes. Default "ReceiverFai".</summary>
    public string ReceiverFaiColumnName { get; init; } = "ReceiverFai";

    /// <summary>Over what spans are taken that put heads into groups. Default <see cref="RhythmGrouping.Calibrated"/>.</summary>
    public RhythmGrouping Grouping { get; init; } = RhythmGrouping.Calibrated;

    /// <summary>Groups found earlier, which <see cref="RhythmGrouping.Calibrated"/> then takes instead of calibrating. Default null.</summary>
    public HeadGroups? Groups { get; init; }

    /// <summary>The rows that Fit calibrates on, from the first; null = all. Spans are means over response tokens and settle within some hundred rows. Default
    /// 500; at least 1.</summary>
    public int? CalibrationRows { get; init; } = 500;

    /// <summary>The layers whose attention is read. Default: five in the middle.</summary>
    public LayerSelection Layers { get; init; } = LayerSelection.Middle;

    /// <summary>W of WAAD (Eq. 9): distances count up to this. Default 10; at least 1.</summary>
    public int Window { get; init; } = 10;

    /// <summary>H_lo of FAI (Eq. 10): the nearest later token that counts. Default 10; at least 0.</summary>
    public int MinimumHorizon { get; init; } = 10;

    /// <summary>H_hi of FAI (Eq. 10): the farthest later token that counts; null = to the end of the response. Default 100 (version 1 of the paper: 50); at
    /// least <see cref="MinimumHorizon"/>.</summary>
    public int? MaximumHorizon { get; init; } = 100;

    /// <summary>Where nothing is left of the horizon, use the later tokens that there are instead of leaving FAI undefined. Default false. Not in the
    /// paper.</summary>
    public bool ShrinkHorizon { get; init; }

    /// <summary>Which row of an attention map is a token's. Default <see cref="RowAlignment.Reading"/>, the paper's.</summary>
    public RowAlignment RowAlignment { get; init; } = RowAlignment.Reading;

    /// <summary>Share of the heads in the local, and in the global, group (Eq. 8). Default 0.3; above 0, at most 1.</summary>
    public double HeadRatio { get; init; } = 0.3;

    /// <summary>Average over all heads read instead of the two groups (the paper's ablation). Default false.</summary>
    public bool AllHeads { get; init; }

    /// <summary>Divides the logits of log-probabilities and entropies: the temperature that the response was sampled at. Default 1; above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>The most rows that are computed at once. Default 8; at least 1.</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Ends the work between two batches. It is not saved.</summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; init; }

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.RequireName(PromptColumnName, nameof(PromptColumnName));
        problems.RequireName(ResponseColumnName, nameof(ResponseColumnName));
        (RhythmColumns Column, string Name)[] outputs =
        [
            (RhythmColumns.Tokens, TokensColumnName), (RhythmColumns.TokenIds, TokenIdsColumnName), (RhythmColumns.Waad, WaadColumnName),
            (RhythmColumns.Fai, FaiColumnName), (RhythmColumns.Entropy, EntropyColumnName), (RhythmColumns.LogProbability, LogProbabilityColumnName),
            (RhythmColumns.ReceiverFai, ReceiverFaiColumnName),
        ];
        string[] written = [.. outputs.Where(output => Outputs.HasFlag(output.Column)).Select(output => output.Name)];
        if (written.Length > 0) problems.RequireNames(written, "the names of the output columns");
        problems.Require(CalibrationRows is null or >= 1, nameof(CalibrationRows), CalibrationRows, "at least 1, or null for all");
        problems.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        if (PromptFormat is { } format) problems.RequireDefined(format, nameof(PromptFormat));
        problems.RequireDefined(Grouping, nameof(Grouping));
        problems.Require(Outputs != 0 && (Outputs & ~RhythmColumns.All) == 0, nameof(Outputs), Outputs,
            "at least one of " + string.Join(", ", Enum.GetNames<RhythmColumns>()));
        problems.Require(Groups is null || (Grouping == RhythmGrouping.Calibrated && !AllHeads), nameof(Groups), "given",
            "null without Grouping Calibrated, and with AllHeads");
        problems.Require(Groups is null or { Receivers: not null } || !WantsReceivers, nameof(Groups), "without Receivers",
            "groups with Receivers for the column ReceiverFai");
        ToRhythmOptions(groups: null).Check(problems, "");
        problems.ThrowIfAny(nameof(AttentionRhythmOptions));
    }

    /// <summary>Reads the prompts.</summary>
    [JsonIgnore]
    internal PromptReader Prompts => new(PromptColumnName, PromptFormat ?? Transforms.PromptFormat.Text, AddSpecialTokens ?? true);

    /// <summary>These options, with how prompts are read settled.</summary>
    /// <param name="response">The column of the responses. What it says of another prompt column than this one does not count.</param>
    internal AttentionRhythmOptions ReadingLike(DataViewSchema.Column response)
    {
        PromptReader? written = LanguageModelAnnotation.Prompts(response) is { } prompts && prompts.ColumnName == PromptColumnName ? prompts : null;
        PromptReader unsaid = written ?? Prompts;
        return this with { PromptFormat = PromptFormat ?? unsaid.Format, AddSpecialTokens = AddSpecialTokens ?? unsaid.AddSpecialTokens };
    }

    private bool WantsReceivers => Outputs.HasFlag(RhythmColumns.ReceiverFai);

    /// <summary>Whether Fit finds groups: all heads need none, their receivers do.</summary>
    internal bool Calibrates => Grouping == RhythmGrouping.Calibrated && Groups is null && (!AllHeads || WantsReceivers);

    /// <summary>The same metrics for a trainer, so that an analysis reads what training read: <c>Rhythm</c> of PolicyOptimizationOptions. Its groups of heads
    /// are <see cref="Groups"/> where they are given. Without them <see cref="RhythmGrouping.Calibrated"/> leaves grouping to the trainer, which has no pass over
    /// its data to calibrate on.</summary>
    public RhythmOptions ToRhythmOptions()
    {
        RhythmOptions asked = ToRhythmOptions(Groups);
        return Grouping == RhythmGrouping.Calibrated && Groups is null ? asked with { Grouping = null } : asked;
    }

    /// <summary>What the model is asked for; without groups to use, rows are grouped by themselves.</summary>
    internal RhythmOptions ToRhythmOptions(HeadGroups? groups) => new()
    {
        Layers = Layers,
        Window = Window,
        MinimumHorizon = MinimumHorizon,
        MaximumHorizon = MaximumHorizon,
        ShrinkHorizon = ShrinkHorizon,
        RowAlignment = RowAlignment,
        HeadRatio = HeadRatio,
        AllHeads = AllHeads,
        Receivers = WantsReceivers,
        Grouping = groups is not null ? HeadGrouping.Frozen : Grouping == RhythmGrouping.PerBatch ? HeadGrouping.PerBatch : HeadGrouping.PerSequence,
        FrozenGroups = groups,
        Temperature = Temperature,
    };
}
