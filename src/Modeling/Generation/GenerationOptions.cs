namespace MLNetAttn.Modeling;

/// <summary>How responses are sampled. The distribution is changed in the order of transformers' <c>generate()</c>: repetition penalty, temperature, top-k, top-p, min-p.</summary>
public sealed class GenerationOptions
{
    /// <summary>The most tokens a response may have, the stop token included. Default 512; at least 1.</summary>
    public int MaxNewTokens { get; init; } = 512;

    /// <summary>Divides the logits; 0 = greedy, the most probable token every time (ties: the lower id). Default 1; 0 or more.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only this many most probable tokens are kept; 0 = all. Default 0.</summary>
    public int TopK { get; init; }

    /// <summary>Only the smallest set of most probable tokens is kept whose probabilities add up to this. Default 1 = all; above 0, at most 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this fraction as probable as the most probable one are kept. Default 0 = all; 0 to 1.</summary>
    public double MinP { get; init; }

    /// <summary>Makes tokens of the prompt and of the response so far less likely: positive logits are divided by it, negative ones multiplied. Default 1 = off; above 0.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Responses per prompt; they share one pass over the prompt. Default 1; at least 1.</summary>
    public int SamplesPerPrompt { get; init; } = 1;

    /// <summary>Start of the random numbers. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>A seed for every prompt instead of <see cref="Seed"/>, which is otherwise combined with the prompt's index. Null by default; as many as prompts.</summary>
    public IReadOnlyList<long>? PromptSeeds { get; init; }

    /// <summary>Tokens that end a response. Null (default) = the end-of-sequence tokens of the model's generation_config.json; empty = none.</summary>
    public IReadOnlyList<int>? StopTokenIds { get; init; }

    /// <summary>Checks every range at once.</summary>
    /// <exception cref="ArgumentException">Names every option that is out of range, with what was found and expected.</exception>
    internal void Validate(int prompts)
    {
        var problems = new Violations();
        problems.Require(MaxNewTokens >= 1, nameof(MaxNewTokens), MaxNewTokens, "at least 1");
        problems.Require(Temperature >= 0 && double.IsFinite(Temperature), nameof(Temperature), Temperature, "0 (greedy) or more");
        problems.Require(TopK >= 0, nameof(TopK), TopK, "0 (all) or more");
        problems.Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0, at most 1");
        problems.Require(MinP is >= 0 and <= 1, nameof(MinP), MinP, "0 to 1");
        problems.Require(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), nameof(RepetitionPenalty), RepetitionPenalty, "above 0");
        problems.Require(SamplesPerPrompt >= 1, nameof(SamplesPerPrompt), SamplesPerPrompt, "at least 1");
        problems.Require(PromptSeeds is null || PromptSeeds.Count == prompts, nameof(PromptSeeds), $"{PromptSeeds?.Count} seeds", $"one for each of the {prompts} prompts");
        problems.ThrowIfAny(nameof(GenerationOptions));
    }
}
