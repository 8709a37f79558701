using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Columns and settings of <see cref="TextGenerationEstimator"/>.</summary>
public sealed class TextGenerationOptions
{
    /// <summary>The prompt: text, or token ids as a vector of Int32. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = "Prompt";

    /// <summary>Where the response goes, as text. Default "Response".</summary>
    public string ResponseColumnName { get; init; } = "Response";

    /// <summary>Where its token ids go. Default "ResponseTokenIds".</summary>
    public string TokenIdsColumnName { get; init; } = "ResponseTokenIds";

    /// <summary>Where the logarithms of its tokens' probabilities go. Default "ResponseLogProbabilities".</summary>
    public string LogProbabilitiesColumnName { get; init; } = "ResponseLogProbabilities";

    /// <summary>Where the reason goes why it ended. Default "FinishReason".</summary>
    public string FinishReasonColumnName { get; init; } = "FinishReason";

    /// <summary>How responses are sampled; <see cref="GenerationOptions.Seed"/> is combined with each row's id. <see cref="GenerationOptions.SamplesPerPrompt"/> must be 1, <see cref="GenerationOptions.PromptSeeds"/> and <see cref="GenerationOptions.BatchSize"/> null.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>The most rows that are computed at once. Default 16; at least 1.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Ends the work between two tokens. It is not saved.</summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; init; }

    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        Generation.Validate(prompts: 0);
        var problems = new Violations();
        problems.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        problems.Require(Generation.SamplesPerPrompt == 1, nameof(Generation.SamplesPerPrompt), Generation.SamplesPerPrompt, "1: a row gets one response");
        problems.Require(Generation.PromptSeeds is null, nameof(Generation.PromptSeeds), "given", "null: rows get seeds of their own from Seed and their ids");
        problems.Require(Generation.BatchSize is null, "Generation.BatchSize", Generation.BatchSize, $"null: rows are computed {nameof(TextGenerationOptions)}.{nameof(BatchSize)} at once");
        problems.ThrowIfAny(nameof(TextGenerationOptions));
    }
}
