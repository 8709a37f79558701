using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Credit from the forward pass of the update that uses it: no pass is made for WAAD and FAI alone.</summary>
/// <param name="rhythm">How they are computed; not with groups per batch.</param>
/// <param name="measure">Whether heads are measured, to put them into the groups of the next step.</param>
/// <param name="assign">A response's place and analysis → its credit.</param>
internal sealed class FusedCredit(RhythmOptions rhythm, bool measure, Func<int, RhythmAnalysis, CreditAssignment> assign)
{
    private readonly Dictionary<int, RhythmAnalysis> _analyses = [];
    private readonly Dictionary<int, CreditAssignment> _credit = [];
    private readonly SortedDictionary<int, HeadMeasurement> _heads = [];

    /// <summary>Scores responses with a gradient, and multiplies their advantages with the credit that the same pass gives.</summary>
    public (TokenScores Scores, Rollout[] Rollouts) Score(Decoder decoder, IReadOnlyList<Rollout> rollouts, bool entropyGradient)
    {
        (TokenScores scores, RhythmAnalysis[] analyses, HeadMeasurement[]? heads) =
            RhythmPass.Score(decoder, [.. rollouts.Select(rollout => rollout.Sequence)], rhythm, measure, entropyGradient);
        return (scores, [.. rollouts.Select((rollout, i) =>
        {
            CreditAssignment credit = assign(rollout.Row, analyses[i]);
            (_analyses[rollout.Row], _credit[rollout.Row]) = (analyses[i], credit);
            if (heads is not null) _heads[rollout.Row] = heads[i];
            return rollout with { Advantages = [.. rollout.Advantages.Select((advantage, t) => (float)(credit.Credit[t] * advantage))] };
        })]);
    }

    /// <summary>The credit of all responses; 1 throughout for those that a skipped update did not come to.</summary>
    public CreditAssignment[] Credit(IReadOnlyList<TokenSequence> sequences) =>
        [.. sequences.Select((sequence, row) => _credit.GetValueOrDefault(row) ?? CreditAssignment.Uniform(sequence.ResponseIds.Length))];

    /// <summary>The analyses of all responses; null where a skipped update did not come to all.</summary>
    public RhythmAnalysis[]? Analyses(int responses) => _analyses.Count < responses ? null : [.. Enumerable.Range(0, responses).Select(row => _analyses[row])];

    /// <summary>The groups that the measured heads make; null where none were measured.</summary>
    public HeadGroups? NextHeadGroups(double ratio) => _heads.Count == 0 ? null : HeadMeasurement.Pool(_heads.Values).Group(ratio);
}
