using Microsoft.ML;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>Adds <c>GenerateText</c> to <c>mlContext.Transforms</c>.</summary>
public static class TextGenerationCatalog
{
    /// <summary>Creates a <see cref="TextGenerationEstimator"/>: a model's responses to prompts.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="model">The model; it stays yours to dispose, after the transformer and its views.</param>
    /// <param name="outputColumnName">Where the response goes, as text.</param>
    /// <param name="inputColumnName">The prompt: text, or token ids as a vector of Int32.</param>
    /// <param name="maxNewTokens">The most tokens a response may have, at least 1.</param>
    /// <param name="temperature">Divides the logits; 0 = greedy.</param>
    /// <param name="seed">Start of the random numbers.</param>
    /// <exception cref="ArgumentException">An argument is out of range.</exception>
    public static TextGenerationEstimator GenerateText(this TransformsCatalog catalog, CausalLanguageModel model, string outputColumnName = "Response", string inputColumnName = "Prompt",
        int maxNewTokens = 512, double temperature = 1, long seed = 0) => GenerateText(catalog, model, new TextGenerationOptions
        {
            PromptColumnName = inputColumnName,
            ResponseColumnName = outputColumnName,
            Generation = new GenerationOptions { MaxNewTokens = maxNewTokens, Temperature = temperature, Seed = seed },
        });

    /// <summary>Creates a <see cref="TextGenerationEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="model">The model; it stays yours to dispose, after the transformer and its views.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names them all.</exception>
    public static TextGenerationEstimator GenerateText(this TransformsCatalog catalog, CausalLanguageModel model, TextGenerationOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), model, options);
}
