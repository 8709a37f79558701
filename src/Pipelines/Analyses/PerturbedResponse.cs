using System.Text.Json.Serialization;

namespace MLNetAttn.Pipelines;

/// <summary>One response whose tokens of high and of low FAI were replaced.</summary>
/// <param name="Index">Which of the responses given it is.</param>
/// <param name="High">Trials at the positions of the highest FAI.</param>
/// <param name="Low">Trials at the positions of the lowest FAI.</param>
public sealed record PerturbedResponse(int Index, IReadOnlyList<PerturbationTrial> High, IReadOnlyList<PerturbationTrial> Low)
{
    /// <summary>Mean overlap over the trials at high FAI, 0 to 1.</summary>
    public double HighMean => High.Average(trial => trial.Jaccard);

    /// <summary>Mean overlap over the trials at low FAI, 0 to 1.</summary>
    public double LowMean => Low.Average(trial => trial.Jaccard);
}

/// <summary>One token forced at one position, and how much of the response's content is left after it.</summary>
/// <param name="Position">The position in the response.</param>
/// <param name="Token">The token forced there.</param>
/// <param name="Continuation">What the model wrote greedily after it.</param>
/// <param name="Jaccard">The overlap of its content words with the original's.</param>
public sealed record PerturbationTrial(int Position, int Token, [property: JsonIgnore] int[] Continuation, double Jaccard);
