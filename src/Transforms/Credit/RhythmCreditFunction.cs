using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Credit γ for the tokens of a response (Eq. 12 to 19): plain numbers in and out, no ML.NET. Training multiplies advantages with it; it carries no
/// gradient.</summary>
public static class RhythmCreditFunction
{
    /// <summary>Assigns credit to the tokens of one response.</summary>
    /// <param name="signals">What is known of the tokens.</param>
    /// <param name="options">The strategy and its settings.</param>
    /// <param name="response">Which response it is, so that <see cref="CreditStrategy.Random"/> draws other tokens for each.</param>
    /// <param name="advantage">The response's advantage, whose sign <see cref="CreditOptions.Sign"/> looks at. NaN, an advantage that is not known, has no
    /// sign.</param>
    /// <exception cref="ArgumentException">An option is out of range, a signal that the strategy needs is missing or of another length, or
    /// <see cref="CreditOptions.Sign"/> needs an advantage and there is none.</exception>
    public static CreditAssignment Assign(TokenSignals signals, CreditOptions options, long response = 0, double? advantage = null)
    {
        options.Validate();
        if (options.Sign != CreditSign.Both && advantage is null)
            throw new ArgumentException(
                $"Sign {options.Sign} needs the response's advantage, and none was given. Pass it, or use Sign {CreditSign.Both}.",
                nameof(advantage));
        CreditAssignment assignment = Assign(signals, options, options.Strategy, response);
        bool acts = options.Sign switch { CreditSign.PositiveOnly => advantage >= 0, CreditSign.NegativeOnly => advantage < 0, _ => true };
        if (!acts) return CreditAssignment.Uniform(signals.Count) with { Roles = assignment.Roles };
        return options.Normalize ? Normalize(assignment) : options.Spread ? Spread(assignment) : assignment;
    }

    private static CreditAssignment Assign(TokenSignals signals, CreditOptions options, CreditStrategy strategy, long response) => strategy switch
    {
        CreditStrategy.Uniform => CreditAssignment.Uniform(signals.Count),
        CreditStrategy.Local => Amplify(TokenRanking.Delta(signals.Require(signals.Waad, nameof(signals.Waad), strategy)), TokenRoles.Preplan, options),
        CreditStrategy.Global => Amplify(signals.Require(signals.Fai, nameof(signals.Fai), strategy), TokenRoles.Anchor, options),
        CreditStrategy.Flow => Amplify(signals.Require(signals.Flow, nameof(signals.Flow), strategy), TokenRoles.Selected, options),
        CreditStrategy.HighEntropy => Amplify(signals.Require(signals.Entropy, nameof(signals.Entropy), strategy), TokenRoles.Selected, options),
        CreditStrategy.Random => Amplify(RandomSignal(signals.Count, options.Seed, response), TokenRoles.Selected, options),
        _ => Couple(signals.Require(signals.Waad, nameof(signals.Waad), strategy), signals.Require(signals.Fai, nameof(signals.Fai), strategy), options),
    };

    /// <summary>γ[t] = 1 + (γ_amp − 1) · 1{t ∈ TopQ(signal)} (Eq. 14, 16).</summary>
    private static CreditAssignment Amplify(IReadOnlyList<double> signal, TokenRoles role, CreditOptions options)
    {
        CreditAssignment assignment = CreditAssignment.Uniform(signal.Count);
        foreach (int token in TokenRanking.Top(signal, options.Fraction, options.Bottom))
            assignment.Add(token, options.Amplification - 1, role);
        return assignment;
    }

    /// <summary>γ[t] = 1 + (γ_amp−1)·1{t ∈ T_glob∖D} + (1−α)(γ_amp−1)·1{t ∈ D} + α(γ_amp−1)·1{t ∈ I(D)} (Eq. 17 to 19). The terms add; I(D) is a set, so two
    /// anchors may share an introduction.</summary>
    private static CreditAssignment Couple(IReadOnlyList<double> waad, IReadOnlyList<double> fai, CreditOptions options)
    {
        double[] delta = TokenRanking.Delta(waad);
        double dominatedWaad = options.DominatedWaad ?? TokenRanking.Median(waad), dominatingDelta = options.DominatingDelta ?? TokenRanking.Median(delta);
        double amplification = options.Amplification - 1, share = options.IntroductionShare;
        CreditAssignment assignment = CreditAssignment.Uniform(waad.Count);
        var introductions = new HashSet<int>();
        foreach (int anchor in TokenRanking.Top(fai, options.Fraction, options.Bottom))
        {
            int introduction = Introduction(delta, anchor, options.IntroductionReach);
            if (introduction >= 0 && waad[anchor] <= dominatedWaad && delta[introduction] >= dominatingDelta)
            {
                assignment.Add(anchor, (1 - share) * amplification, TokenRoles.DominatedAnchor);
                introductions.Add(introduction);
            }
            else
            {
                assignment.Add(anchor, amplification, TokenRoles.Anchor);
            }
        }
        foreach (int token in introductions)
            assignment.Add(token, share * amplification, TokenRoles.Introduction);
        return assignment;
    }

    /// <summary>γ / mean γ. Where γ is 0 everywhere there is nothing to divide, and it stays 0.</summary>
    private static CreditAssignment Normalize(CreditAssignment assignment) =>
        Mean(assignment) is > 0 and var mean ? assignment with { Credit = [.. assignment.Credit.Select(credit => credit / mean)] } : assignment;

    /// <summary>mean γ throughout.</summary>
    private static CreditAssignment Spread(CreditAssignment assignment) =>
        assignment with { Credit = [.. Enumerable.Repeat(Mean(assignment), assignment.Credit.Length)] };

    private static double Mean(CreditAssignment assignment) => assignment.Credit.DefaultIfEmpty(1).Average();

    /// <summary>intro(t) = argmax of Δ[u] over u ∈ {t−k … t−1}, of equal ones the nearest to t; −1 if no Δ is defined there.</summary>
    private static int Introduction(double[] delta, int anchor, int reach)
    {
        int best = -1;
        for (int token = Math.Max(0, anchor - reach); token < anchor; token++)
            if (!double.IsNaN(delta[token]) && (best < 0 || delta[token] >= delta[best])) best = token;
        return best;
    }

    private static double[] RandomSignal(int count, long seed, long response)
    {
        ulong stream = RandomUniform.Combine((ulong)seed, (ulong)response);
        return [.. Enumerable.Range(0, count).Select(token => RandomUniform.At(stream, token))];
    }
}
