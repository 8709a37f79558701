using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>Adds <c>RhythmCredit</c> to <c>mlContext.Transforms</c>.</summary>
public static class RhythmCreditCatalog
{
    /// <summary>Creates a <see cref="RhythmCreditEstimator"/>: credit γ and roles of response tokens.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="strategy">Which tokens are amplified.</param>
    /// <param name="fraction">q: the share of tokens that is selected, 0 to 1.</param>
    /// <param name="amplification">γ_amp: the credit of a selected token, 0 or more.</param>
    /// <param name="outputColumnName">Where γ goes: a variable-size vector of Single.</param>
    /// <param name="roleColumnName">Where the roles go: a variable-size vector of key.</param>
    /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
    public static RhythmCreditEstimator RhythmCredit(
        this TransformsCatalog catalog,
        CreditStrategy strategy = CreditStrategy.Coupled, double fraction = 0.4, double amplification = 1.5,
        string outputColumnName = "Credit", string roleColumnName = "Role") =>
        RhythmCredit(catalog, new RhythmCreditOptions
        {
            CreditColumnName = outputColumnName,
            RoleColumnName = roleColumnName,
            Credit = new CreditOptions { Strategy = strategy, Fraction = fraction, Amplification = amplification },
        });

    /// <summary>Creates a <see cref="RhythmCreditEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static RhythmCreditEstimator RhythmCredit(this TransformsCatalog catalog, RhythmCreditOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);
}
