using System.Text.Json.Serialization;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Columns and settings of <see cref="TextGenerationEstimator"/>.</summary>
public sealed record TextGenerationOptions
{
    private const string DefaultResponse = "Response";

    /// <summary>The prompt: text, or token ids as a vector of Int32. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = "Prompt";

    /// <summary>What text of the prompt column says: the prompt itself, or a conversation as JSON. Default <see cref="PromptFormat.Text"/>.</summary>
    public PromptFormat PromptFormat { get; init; } = PromptFormat.Text;

    /// <summary>Where the response goes, as text. Default "Response".</summary>
    public string ResponseColumnName { get; init; } = DefaultResponse;

    /// <summary>Where its token ids go. Default the name of the response's column and "TokenIds", so "ResponseTokenIds".</summary>
    public string TokenIdsColumnName { get => field ?? $"{ResponseColumnName}TokenIds"; init; }

    /// <summary>Where the logarithms of its tokens' probabilities go. Default the name of the response's column and "LogProbabilities", so
    /// "ResponseLogProbabilities".</summary>
    public string LogProbabilitiesColumnName { get => field ?? $"{ResponseColumnName}LogProbabilities"; init; }

    /// <summary>Where the reason goes why it ended. Default "FinishReason"; of a response in a column of another name that name and "FinishReason", so that a
    /// second model in a chain, such as one that judges, hides nothing of the first.</summary>
    public string FinishReasonColumnName { get => field ?? (ResponseColumnName == DefaultResponse ? "" : ResponseColumnName) + "FinishReason"; init; }

    /// <summary>With more than one sample a prompt, where the number of the prompt's row goes, from 0, in the order of the pass. Default
    /// "PromptIndex".</summary>
    public string PromptIndexColumnName { get; init; } = "PromptIndex";

    /// <summary>With more than one sample a prompt, where the number of the sample goes, from 0. Default "SampleIndex".</summary>
    public string SampleIndexColumnName { get; init; } = "SampleIndex";

    /// <summary>How responses are sampled; <see cref="GenerationOptions.Seed"/> is combined with each row's id. With
    /// <see cref="GenerationOptions.SamplesPerPrompt"/> n above 1 every row becomes n rows. <see cref="GenerationOptions.PromptSeeds"/> and
    /// <see cref="GenerationOptions.BatchSize"/> must be null.</summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>The most responses that are computed at once. Default 16; at least 1.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Ends the work between two tokens. It is not saved.</summary>
    [JsonIgnore]
    public CancellationToken CancellationToken { get; init; }

    /// <summary>How rows multiply; null with one sample a prompt.</summary>
    [JsonIgnore]
    internal Repetition? Repetition => Generation.SamplesPerPrompt == 1
        ? null
        : new Repetition(Generation.SamplesPerPrompt, PromptIndexColumnName, SampleIndexColumnName);

    /// <summary>Reads the prompts.</summary>
    [JsonIgnore]
    internal PromptReader Prompts => new(PromptColumnName, PromptFormat, Generation.AddSpecialTokens);

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate(CausalLanguageModel? model = null)
    {
        var problems = new Violations();
        problems.RequireName(PromptColumnName, nameof(PromptColumnName));
        problems.RequireNames(
            [
                ResponseColumnName, TokenIdsColumnName, LogProbabilitiesColumnName, FinishReasonColumnName,
                .. Repetition is null ? [] : (string[])[PromptIndexColumnName, SampleIndexColumnName],
            ],
            "the names of the output columns");
        problems.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        problems.RequireDefined(PromptFormat, nameof(PromptFormat));
        CheckGeneration(problems, Generation, model);
        problems.ThrowIfAny(nameof(TextGenerationOptions));
    }

    /// <summary>Notes what is out of range in how rows are answered, and what a model, where it is known, lacks for it.</summary>
    internal static void CheckGeneration(Violations problems, GenerationOptions generation, CausalLanguageModel? model)
    {
        const string prefix = $"{nameof(Generation)}.";
        generation.Check(problems, prefix);
        if (model is not null) generation.CheckModel(problems, prefix, model);
        problems.Require(generation.PromptSeeds is null, prefix + nameof(generation.PromptSeeds), "given",
            "null: rows get seeds of their own from Seed and their ids");
        problems.Require(generation.BatchSize is null, prefix + nameof(generation.BatchSize), generation.BatchSize,
            $"null: rows are computed {nameof(TextGenerationOptions)}.{nameof(BatchSize)} at once");
    }
}
