using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Makes a report's traces: from a model, or from the columns that components wrote.</summary>
public static partial class ReportTraces
{
    /// <summary>Analyses a response. It takes a forward pass for the metrics and one for the maps; where head groups are given, or none are
    /// wanted, one more for the spans of the heads.</summary>
    /// <param name="model">The model; it need not be the one that wrote the response.</param>
    /// <param name="sequence">Prompt and response; none empty.</param>
    /// <param name="options">What the trace has; null = the defaults.</param>
    /// <param name="cancellationToken">Ends the work between two forward passes.</param>
    /// <exception cref="ArgumentException">An option is out of range, credit is to follow flow, or the sequence is empty, too long or holds an unknown
    /// id.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ReportTrace Create(
        CausalLanguageModel model, TokenSequence sequence, ReportTraceOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ReportTraceOptions();
        if (options.Credit.Strategy == CreditStrategy.Flow)
            throw new ArgumentException(
                "Credit.Strategy is Flow, expected another: a report does not know where the answer begins and ends. Let RhythmCredit read a column of AnalyzeFlow's throughput, and give its rows to ReportTraces.Read.",
                nameof(options));
        cancellationToken.ThrowIfCancellationRequested();
        RhythmAnalysis rhythm = model.AnalyzeRhythm([sequence], options.Rhythm)[0];
        HeadGroups? groups = rhythm.Groups;
        CreditAssignment credit = RhythmCreditFunction.Assign(TokenSignals.Of(rhythm), options.Credit with { Sign = CreditSign.Both });
        (string Name, IReadOnlyList<HeadIndex> Heads)[] maps =
        [
            .. options.GroupMaps && groups is not null ? new[] { ("Local heads, mean", groups.Local), ("Global heads, mean", groups.Global) } : [],
            .. options.HeadMaps.Select(head => ($"Layer {head.Layer}, head {head.Head}", (IReadOnlyList<HeadIndex>)[head])),
        ];
        cancellationToken.ThrowIfCancellationRequested();
        HeadSpans spans = rhythm.Spans ?? model.MeasureHeads([sequence], new RhythmOptions { Layers = options.Rhythm.Layers })[0].Spans;
        cancellationToken.ThrowIfCancellationRequested();
        return new ReportTrace
        {
            Title = options.Title,
            Variant = options.Variant,
            Outcome = options.Outcome,
            PromptLength = sequence.PromptIds.Length,
            PromptTokens = Text(model, sequence.PromptIds),
            ResponseTokens = Text(model, sequence.ResponseIds),
            TokenIds = sequence.ResponseIds,
            Waad = rhythm.Waad,
            Fai = rhythm.Fai,
            ReceiverFai = rhythm.ReceiverFai,
            Entropy = rhythm.Entropies,
            LogProbability = rhythm.LogProbabilities,
            Credit = Array.ConvertAll(credit.Credit, value => (float)value),
            Roles = credit.Roles,
            Spans = spans,
            Groups = groups is null || rhythm.Receivers is null ? groups : groups with { Receivers = rhythm.Receivers },
            Maps =
            [
                .. model.AttentionMaps(sequence, [.. maps.Select(map => map.Heads)])
                    .Select((map, i) => StoredMap.Create(maps[i].Name, map, maps[i].Heads)),
            ],
        };
    }

    private static string[] Text(CausalLanguageModel model, int[] ids) => Array.ConvertAll(TokenText.Split(model, ids), token => token.ToString());
}
