namespace MLNetAttn.Modeling;

/// <summary>What is measured of heads before they are put into groups.</summary>
/// <param name="Spans">How far they look back.</param>
/// <param name="Receivers">How selective they are; null unless <see cref="RhythmOptions.Receivers"/> asked for it.</param>
public sealed record HeadMeasurement(HeadSpans Spans, ReceiverScores? Receivers = null)
{
    /// <summary>The measurement over the sequences of several: spans by <see cref="HeadSpans.Pool"/>, receiver scores by
    /// <see cref="ReceiverScores.Pool"/>.</summary>
    /// <exception cref="ArgumentException">None were given, they are of different layers, or only some of them have receiver scores.</exception>
    public static HeadMeasurement Pool(IEnumerable<HeadMeasurement> parts)
    {
        HeadMeasurement[] all = [.. parts];
        ReceiverScores[] scores = [.. all.Select(part => part.Receivers).OfType<ReceiverScores>()];
        if (scores.Length > 0 && scores.Length < all.Length)
            throw new ArgumentException($"{scores.Length} of {all.Length} measurements have receiver scores, expected all or none.", nameof(parts));
        return new HeadMeasurement(HeadSpans.Pool(all.Select(part => part.Spans)), scores.Length > 0 ? ReceiverScores.Pool(scores) : null);
    }

    /// <summary>The local and the global group by <see cref="HeadSpans.Group"/> and, where they were scored, as many receivers as the global group has
    /// heads.</summary>
    /// <param name="ratio">Share of the heads in each group. The paper: 0.3; above 0, at most 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The ratio is out of range.</exception>
    public HeadGroups Group(double ratio)
    {
        HeadGroups groups = Spans.Group(ratio);
        return groups with { Receivers = Receivers?.Highest(groups.Global.Count) };
    }
}
