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
    /// <param name="maxNewTokens">The most tokens a response may have, at least 1; null = as many as the model's context leaves.</param>
    /// <param name="temperature">Divides the logits; 0 = greedy.</param>
    /// <param name="seed">Start of the random numbers.</param>
    /// <param name="samplesPerPrompt">Responses per prompt; above 1, every row becomes as many.</param>
    /// <param name="promptFormat">What text of the prompt column says: the prompt itself, or a conversation as JSON.</param>
    /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
    public static TextGenerationEstimator GenerateText(
        this TransformsCatalog catalog, CausalLanguageModel model, string outputColumnName = "Response", string inputColumnName = "Prompt",
        int? maxNewTokens = null, double temperature = 1, long seed = 0, int samplesPerPrompt = 1,
        PromptFormat promptFormat = PromptFormat.Text) =>
        GenerateText(catalog, model, new TextGenerationOptions
        {
            PromptColumnName = inputColumnName,
            PromptFormat = promptFormat,
            ResponseColumnName = outputColumnName,
            Generation = new GenerationOptions { MaxNewTokens = maxNewTokens, Temperature = temperature, Seed = seed, SamplesPerPrompt = samplesPerPrompt },
        });

    /// <summary>Creates a <see cref="TextGenerationEstimator"/> with all its options.</summary>
    /// <param name="catalog">The transforms' catalog.</param>
    /// <param name="model">The model; it stays yours to dispose, after the transformer and its views.</param>
    /// <param name="options">Columns and settings.</param>
    /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
    public static TextGenerationEstimator GenerateText(this TransformsCatalog catalog, CausalLanguageModel model, TextGenerationOptions options) =>
        new(MLNetInternals.GetEnvironment(catalog), model, options);
}
