using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Settings of <see cref="Evaluation"/>.</summary>
public sealed record EvaluationOptions
{
    /// <summary>How responses are sampled; <see cref="GenerationOptions.SamplesPerPrompt"/> is how many each problem gets.
    /// <see cref="GenerationOptions.PromptSeeds"/> must be null. Default greedy, one.</summary>
    public GenerationOptions Generation { get; init; } = new() { Temperature = 0 };

    /// <summary>The column of prompts: text, or token ids as a vector of Int32. Default "Prompt".</summary>
    public string PromptColumnName { get; init; } = "Prompt";

    /// <summary>What text of the prompt column says. Default <see cref="PromptFormat.Text"/>.</summary>
    public PromptFormat PromptFormat { get; init; } = PromptFormat.Text;

    /// <summary>The column that the reward writes: Single. Default "Reward".</summary>
    public string RewardColumnName { get; init; } = "Reward";

    /// <summary>The least reward of a right response. Default 1.</summary>
    public float RightFrom { get; init; } = 1;

    /// <summary>A file of JSON lines that keeps the responses: what it has is not generated again, so an evaluation that was cut goes on, and another reward
    /// costs no generation. Null (default) = none.</summary>
    public string? CachePath { get; init; }

    /// <summary>How many problems are answered at once; after each such batch the file is written. Default 16; at least 1.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>How often problems are drawn anew for intervals. Default 2000; at least 100.</summary>
    public int BootstrapDraws { get; init; } = 2000;

    /// <summary>The seed of these draws. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>Is told how many problems are answered.</summary>
    public IProgress<int>? Progress { get; init; }

    /// <summary>Reads the prompts.</summary>
    internal PromptReader Prompts => new(PromptColumnName, PromptFormat, Generation.AddSpecialTokens);

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate(CausalLanguageModel model)
    {
        var problems = new Violations();
        Generation.Check(problems, "Generation.");
        Generation.CheckModel(problems, "Generation.", model);
        problems.Require(Generation.PromptSeeds is null, "Generation.PromptSeeds", "given", "null: problems get seeds of their own from Seed and their place");
        problems.RequireDefined(PromptFormat, nameof(PromptFormat));
        problems.Require(!float.IsNaN(RightFrom), nameof(RightFrom), RightFrom, "a number");
        problems.Require(BatchSize >= 1, nameof(BatchSize), BatchSize, "at least 1");
        problems.Require(BootstrapDraws >= 100, nameof(BootstrapDraws), BootstrapDraws, "at least 100");
        problems.ThrowIfAny(nameof(EvaluationOptions));
    }
}
