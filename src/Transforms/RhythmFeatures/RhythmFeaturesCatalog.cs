using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>Adds <c>RhythmFeatures</c> to <c>mlContext.Transforms</c>.</summary>
public static class RhythmFeaturesCatalog
{
    /// <summary>Creates a <see cref="RhythmFeaturesEstimator"/>: per-token columns to one vector of a fixed size with slot names.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="outputColumnName">Where the features go.</param>
    /// <param name="signals">The columns that are described: Waad, Fai, Entropy, LogProbability.</param>
    /// <param name="missingValue">What a feature is that a response does not define; NaN for ML.NET's missing value.</param>
    /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
    /// <example>
    /// <code>
    /// var rightOrWrong = mlContext.Transforms.AttentionRhythm(model)
    ///     .Append(mlContext.Transforms.RhythmFeatures())
    ///     .AppendCacheCheckpoint(mlContext)
    ///     .Append(mlContext.Transforms.NormalizeMeanVariance("RhythmFeatures"))
    ///     .Append(mlContext.BinaryClassification.Trainers.LbfgsLogisticRegression("IsRight", "RhythmFeatures"));
    /// </code>
    /// </example>
    public static RhythmFeaturesEstimator RhythmFeatures(
        this TransformsCatalog catalog,
        string outputColumnName = "RhythmFeatures", RhythmSignals signals = RhythmSignals.All, float missingValue = 0) =>
        RhythmFeatures(catalog, new RhythmFeaturesOptions { OutputColumnName = outputColumnName, Signals = signals, MissingValue = missingValue });

    /// <summary>Creates a <see cref="RhythmFeaturesEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static RhythmFeaturesEstimator RhythmFeatures(this TransformsCatalog catalog, RhythmFeaturesOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), options);
}
