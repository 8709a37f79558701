using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>Adds <c>AttentionRhythm</c> to <c>mlContext.Transforms</c>.</summary>
public static class AttentionRhythmCatalog
{
    /// <summary>Creates an <see cref="AttentionRhythmEstimator"/>: WAAD, FAI, entropy and log-probability of response tokens.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="model">The model to ask; it stays yours to dispose, after the transformer and its views. Null = the model that wrote the response.</param>
    /// <param name="promptColumnName">The prompt: text, or token ids as a vector of Int32.</param>
    /// <param name="responseColumnName">The response: text, or token ids as a vector of Int32.</param>
    /// <param name="grouping">Over what spans are taken that put heads into groups.</param>
    /// <param name="promptFormat">What text of the prompt column says: the prompt itself, or a conversation as JSON. Null = as when the response was written,
    /// where its column says so, else the prompt itself.</param>
    /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
    public static AttentionRhythmEstimator AttentionRhythm(
        this TransformsCatalog catalog, CausalLanguageModel? model = null,
        string promptColumnName = "Prompt", string responseColumnName = "Response", RhythmGrouping grouping = RhythmGrouping.Calibrated,
        PromptFormat? promptFormat = null) =>
        AttentionRhythm(catalog, model, new AttentionRhythmOptions
        {
            PromptColumnName = promptColumnName,
            PromptFormat = promptFormat,
            ResponseColumnName = responseColumnName,
            Grouping = grouping,
        });

    /// <summary>Creates an <see cref="AttentionRhythmEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="model">The model to ask; it stays yours to dispose, after the transformer and its views. Null = the model that wrote the response.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static AttentionRhythmEstimator AttentionRhythm(this TransformsCatalog catalog, CausalLanguageModel? model, AttentionRhythmOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), model, options);
}
