using static System.FormattableString;

namespace MLNetAttn.Modeling;

/// <summary>How responses are sampled. The distribution is changed in the order of transformers' <c>generate()</c>: repetition penalty, temperature, top-k,
/// top-p, min-p.</summary>
/// <remarks>A record, so that one derives from another: <c>model.GenerationConfig.ToOptions() with { Seed = 7 }</c>.</remarks>
public sealed record GenerationOptions
{
    // Smaller divisors make logits infinite in float32.
    internal const double Least = 1e-6;

    /// <summary>The most tokens a response may have, the stop token included. Default null = as many as the model's context leaves after the prompt; at least
    /// 1.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>Divides the logits; 0 = greedy, the most probable token every time (ties: the lower id). Default 1; 0, or at least 1e-6.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only this many most probable tokens are kept; 0 = all. Default 0.</summary>
    public int TopK { get; init; }

    /// <summary>Only the smallest set of most probable tokens is kept whose probabilities add up to this. Default 1 = all; 0 (the most probable one alone) to
    /// 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this fraction as probable as the most probable one are kept. Default 0 = all; 0 to 1.</summary>
    public double MinP { get; init; }

    /// <summary>Makes tokens of the prompt and of the response so far less likely: positive logits are divided by it, negative ones multiplied. Default 1 =
    /// off; 1e-6 to 1e6.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Whether responses come with the tokens that could have been drawn in place of each of theirs, for scores among these.</summary>
    internal bool KeepsIds { get; init; }

    /// <summary>Whether only some of the tokens can be drawn.</summary>
    internal bool Cuts => TopK > 0 || TopP < 1 || MinP > 0;

    /// <summary>Responses per prompt; they share one pass over the prompt. Default 1; at least 1. Greedy ones are all the same.</summary>
    public int SamplesPerPrompt { get; init; } = 1;

    /// <summary>What to say where several responses are asked for and must be equal; null = they need not be.</summary>
    internal string? EqualSamples => Temperature != 0 || SamplesPerPrompt == 1
        ? null
        : $"{nameof(SamplesPerPrompt)} is {SamplesPerPrompt} and {nameof(Temperature)} 0: greedy responses to one prompt are all the same. Raise {nameof(Temperature)}, or ask for 1.";

    /// <summary>Start of the random numbers. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>A seed for every prompt instead of <see cref="Seed"/>, which is otherwise combined with the prompt's index. Null by default; as many as
    /// prompts.</summary>
    public IReadOnlyList<long>? PromptSeeds { get; init; }

    /// <summary>Tokens that end a response. Null (default) = the end-of-sequence tokens of the model's generation_config.json; empty = none. Ids of the
    /// vocabulary.</summary>
    public IReadOnlyList<int>? StopTokenIds { get; init; }

    /// <summary>Texts that end a response, wherever tokens begin and end; its text ends before the one that is complete first, or with it
    /// (<see cref="IncludeStopString"/>). Default none. None of them empty, or with a special token in it: text has none. Needs a tokenizer.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>Whether the text of a response that one of <see cref="StopStrings"/> ended has it at its end (vLLM's include_stop_str_in_output). Default
    /// false. Its tokens always do, and what else the last of them says.</summary>
    public bool IncludeStopString { get; init; }

    /// <summary>Whether a prompt given as text gets the special tokens that the tokenizer puts around a text, such as a beginning-of-text token. Default true;
    /// switch it off for a rendered chat template, which has them.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>The most responses that are computed at once; more of them are computed one batch after the other, shortest prompts first. Default null = all
    /// at once; at least 1. Smaller batches take less memory and more time, and change no response (see <see cref="TextGenerator"/>).</summary>
    public int? BatchSize { get; init; }

    /// <summary>The most bytes that the keys and values of a batch may take if all its responses reach their greatest length; what would not fit is refused
    /// before anything is computed, with what to lower. Default null = no bound; at least 1.</summary>
    /// <remarks>While the cache grows, a copy of one layer's keys is held besides. Weights and the activations of a step do not count.</remarks>
    public long? MaximumCacheBytes { get; init; }

    /// <summary>Checks every range at once.</summary>
    /// <param name="prompts">How many prompts there are.</param>
    /// <param name="model">The model that is to answer; null = not known yet.</param>
    /// <exception cref="InvalidOptionsException">Names every option that is out of range, or that the model lacks something for.</exception>
    internal void Validate(int prompts, CausalLanguageModel? model = null)
    {
        var problems = new Violations();
        Check(problems, "");
        if (model is not null) CheckModel(problems, "", model);
        problems.Require(
            PromptSeeds is null || PromptSeeds.Count == prompts, nameof(PromptSeeds), $"{PromptSeeds?.Count} seeds",
            $"one for each of the {prompts} prompts");
        problems.ThrowIfAny(nameof(GenerationOptions));
    }

    /// <summary>Notes what is out of range whatever the prompts.</summary>
    internal void Check(Violations problems, string prefix)
    {
        problems.Require(MaxNewTokens is null or >= 1, prefix + nameof(MaxNewTokens), MaxNewTokens, "at least 1, or null for what the context leaves");
        problems.Require(IsTemperature(Temperature), prefix + nameof(Temperature), Temperature, Invariant($"0 (greedy), or {Least} or more"));
        problems.Require(TopK >= 0, prefix + nameof(TopK), TopK, "0 (all) or more");
        problems.Require(TopP is >= 0 and <= 1, prefix + nameof(TopP), TopP, "0 to 1");
        problems.Require(MinP is >= 0 and <= 1, prefix + nameof(MinP), MinP, "0 to 1");
        problems.Require(
            RepetitionPenalty is >= Least and <= 1 / Least, prefix + nameof(RepetitionPenalty), RepetitionPenalty,
            Invariant($"{Least} to {1 / Least}"));
        problems.Require(SamplesPerPrompt >= 1, prefix + nameof(SamplesPerPrompt), SamplesPerPrompt, "at least 1");
        problems.Require(BatchSize is null or >= 1, prefix + nameof(BatchSize), BatchSize, "at least 1, or null for all at once");
        problems.Require(MaximumCacheBytes is null or >= 1, prefix + nameof(MaximumCacheBytes), MaximumCacheBytes, "at least 1, or null for no bound");
        CheckStopStrings(problems, prefix, StopStrings);
    }

    /// <summary>Notes what a model lacks for these options: a stop token, a tokenizer for stop strings, or text for the special tokens in them.</summary>
    internal void CheckModel(Violations problems, string prefix, CausalLanguageModel model)
    {
        foreach (int id in StopTokenIds ?? [])
            problems.Require(
                (uint)id < (uint)model.Config.VocabularySize, prefix + nameof(StopTokenIds), id,
                $"ids from 0 to {model.Config.VocabularySize - 1}");
        problems.Require(
            StopStrings.Count == 0 || model.HasTokenizer, prefix + nameof(StopStrings), "given",
            "none: the model has no tokenizer, and writes no text");
        for (int i = 0; i < StopStrings.Count && model.HasTokenizer; i++)
            foreach (int id in model.Tokenizer.Encode(StopStrings[i] ?? "", addSpecialTokens: false))
                problems.Require(
                    model.Tokenizer.Decode([id], skipSpecialTokens: true) == model.Tokenizer.Decode([id]),
                    $"{prefix}{nameof(StopStrings)}[{i}]", $"a text with '{model.Tokenizer.IdToToken(id)}'",
                    $"no special token, since text has none: add {id} to {nameof(StopTokenIds)} instead");
    }

    /// <summary>Whether it is 0, which is greedy, or large enough to divide logits by.</summary>
    internal static bool IsTemperature(double value) => value is 0 or >= Least && double.IsFinite(value);

    /// <summary>Notes what cannot end a text.</summary>
    internal static void CheckStopStrings(Violations problems, string prefix, IReadOnlyList<string> texts)
    {
        foreach ((int i, string text) in texts.Index())
        {
            string option = $"{prefix}{nameof(StopStrings)}[{i}]";
            problems.Require(text is { Length: > 0 }, option, text is null ? null : "empty", "at least one character");
            // Half a character would match inside of others, and a text could end in the other half.
            problems.Require(
                text is null || CodePoint.ReplaceLoneSurrogates(text) == text, option, "a text with half a character",
                "no surrogate without its other half");
        }
    }
}
