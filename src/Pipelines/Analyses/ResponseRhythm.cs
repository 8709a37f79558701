namespace MLNetAttn.Pipelines;

/// <summary>What attention says of one response, for <see cref="CouplingStatistics"/>: one value per token in each list, NaN = undefined, but for
/// entropies.</summary>
/// <param name="Waad">Windowed average attention distance.</param>
/// <param name="Fai">Future attention influence, with an open horizon.</param>
/// <param name="ReceiverFai">The same of the receiver heads.</param>
/// <param name="Entropy">In nats.</param>
public sealed record ResponseRhythm(double[] Waad, double[] Fai, double[] ReceiverFai, double[] Entropy);
