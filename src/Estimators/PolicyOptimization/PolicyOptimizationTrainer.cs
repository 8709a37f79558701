using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Reinforcement learning of a language model from rewards, with credit for the tokens that its attention shows to matter (Li et al., arXiv 2510.13554).</summary>
/// <remarks>
/// Each step samples several responses to each of some prompts, rewards them, compares the rewards inside each group, finds from the attention of the policy that sampled
/// which tokens plan and anchor a response, gives these more of its advantage, and makes clipped updates (GRPO and its relatives). PolicyOptimizationStep.cs has it top to bottom.
/// </remarks>
public sealed class PolicyOptimizationTrainer : IEstimator<PolicyTransformer>
{
    private static readonly string[] Logged = ["reward", "frac_reward_zero_std", "completions/mean_length", "completions/clipped_ratio", "entropy", "kl", "loss", "grad_norm", "credit/mean", "step_time"];

    private readonly IHost _host;
    private readonly CausalLanguageModel _model;
    private readonly Func<RewardFunction> _openReward;
    private readonly PolicyOptimizationOptions _options;

    /// <summary>A trainer whose reward is an estimator.</summary>
    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The policy to start from; Fit works on a copy.</param>
    /// <param name="reward">Writes the reward column. It sees the prompt rows with all their columns, Response (text; of a model without tokenizer the token ids in decimal) and ResponseTokenIds. It is fitted once, on the responses of the first step: what must learn from other data has to be fitted before.</param>
    /// <param name="options">How to train; null = the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names all of them.</exception>
    public PolicyOptimizationTrainer(IHostEnvironment environment, CausalLanguageModel model, IEstimator<ITransformer> reward, PolicyOptimizationOptions? options = null)
        : this(environment, model, column => RewardFunction.From(reward, column), options)
    {
    }

    /// <summary>A trainer whose reward was fitted before, such as a trained ML.NET model.</summary>
    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="model">The policy to start from; Fit works on a copy.</param>
    /// <param name="reward">Writes the reward column; it sees what the other constructor's reward sees.</param>
    /// <param name="options">How to train; null = the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names all of them.</exception>
    public PolicyOptimizationTrainer(IHostEnvironment environment, CausalLanguageModel model, ITransformer reward, PolicyOptimizationOptions? options = null)
        : this(environment, model, column => RewardFunction.From(reward, column), options)
    {
    }

    private PolicyOptimizationTrainer(IHostEnvironment environment, CausalLanguageModel model, Func<string, RewardFunction> openReward, PolicyOptimizationOptions? options)
    {
        (_host, _model, _options) = (environment.Register(nameof(PolicyOptimizationTrainer)), model, options ?? new PolicyOptimizationOptions());
        _options.Validate();
        _openReward = () => openReward(_options.RewardColumnName);
    }

    /// <summary>The trained policy answers as it was sampled in training.</summary>
    private TextGenerationOptions Responses => new()
    {
        PromptColumnName = _options.PromptColumnName,
        Generation = new GenerationOptions { MaxNewTokens = _options.MaxNewTokens, Temperature = _options.Temperature, Seed = _options.Seed },
    };

    /// <summary>Trains a copy of the model on the prompts.</summary>
    /// <param name="input">Prompts (text or vectors of token ids) and whatever columns the reward reads.</param>
    /// <returns>The trained policy; where training was cancelled, as its last update left it.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, there are no rows, or a prompt does not fit the model; the message names it.</exception>
    /// <exception cref="InvalidOperationException">The reward failed on a response; the message names it.</exception>
    /// <exception cref="NotFiniteNumberException">The loss or its gradient became NaN or infinite.</exception>
    public PolicyTransformer Fit(IDataView input)
    {
        PromptSet prompts = PromptSet.Read(_host, input, _model, _options);
        RewardFunction reward = _openReward();
        reward.Check(_host, prompts.Rollouts([], []).Schema);
        CausalLanguageModel trained = TrainingLoop.Run(
            _host, _model, _options, _options.Steps, _options.Updates, Logged,
            policy => new PolicyOptimizationStep(policy, _model, prompts, reward, _options, _host).Run);
        return new PolicyTransformer(_host, LanguageModelHandle.Own(trained), Responses);
    }

    /// <summary>What Fit's policy will do to data of this shape.</summary>
    /// <param name="inputSchema">What is known of the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">The prompt column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => new TextGenerationEstimator(_host, _model, Responses).GetOutputSchema(inputSchema);
}
