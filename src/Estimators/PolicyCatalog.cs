using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn;

/// <summary>Adds <c>mlContext.Policies</c>, where the trainers of language models are.</summary>
public static class PolicyCatalogExtensions
{
    extension(MLContext context)
    {
        /// <summary>Components for language models that act: <c>mlContext.Policies.Trainers</c>.</summary>
        public PolicyCatalog Policies => new(context);
    }
}

/// <summary>Components for language models that act.</summary>
public sealed class PolicyCatalog
{
    internal PolicyCatalog(IHostEnvironment environment) => Trainers = new PolicyTrainers(environment);

    /// <summary>Trainers of language models.</summary>
    public PolicyTrainers Trainers { get; }

    /// <summary>Trainers of language models: what their Fit returns answers prompts, and its <see cref="PolicyTransformer.Model"/> can be saved for others to
    /// load.</summary>
    public sealed class PolicyTrainers
    {
        private readonly IHostEnvironment _environment;

        internal PolicyTrainers(IHostEnvironment environment) => _environment = environment;

        /// <summary>Creates a <see cref="PolicyOptimizationTrainer"/>: reinforcement learning with credit from attention.</summary>
        /// <param name="model">The policy to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="reward">Writes the column Reward (Single) from Response, ResponseTokenIds, FinishReason and the columns of the prompt rows. It is fitted
        /// once, on the responses of the first step.</param>
        /// <param name="credit">Which tokens get more of the advantage. Flow needs options: where the answer is.</param>
        /// <param name="steps">Batches of responses to learn from.</param>
        /// <param name="learningRate">Above 0. Full fine-tuning of large models wants about 1e-6, of tiny ones up to 3e-4.</param>
        /// <param name="maxNewTokens">The most tokens of a response.</param>
        /// <param name="promptColumnName">Text, or vectors of token ids.</param>
        /// <param name="seed">Start of everything random.</param>
        /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
        public PolicyOptimizationTrainer PolicyOptimization(
            CausalLanguageModel model, IEstimator<ITransformer> reward,
            CreditStrategy credit = CreditStrategy.Coupled, int steps = 100, double learningRate = 1e-6, int maxNewTokens = 512,
            string promptColumnName = "Prompt", long seed = 0) =>
            PolicyOptimization(model, reward, Options(credit, steps, learningRate, maxNewTokens, promptColumnName, seed));

        /// <summary>Creates a <see cref="PolicyOptimizationTrainer"/> with all its options.</summary>
        /// <param name="model">The policy to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="reward">Writes the reward column from Response, ResponseTokenIds, FinishReason and the columns of the prompt rows. It is fitted once, on
        /// the responses of the first step.</param>
        /// <param name="options">How to train.</param>
        /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
        public PolicyOptimizationTrainer PolicyOptimization(
            CausalLanguageModel model, IEstimator<ITransformer> reward, PolicyOptimizationOptions options) =>
            new(_environment, model, reward, options);

        /// <summary>Creates a <see cref="PolicyOptimizationTrainer"/> whose reward was fitted before, such as a trained ML.NET model.</summary>
        /// <param name="model">The policy to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="reward">Writes the column Reward (Single) from Response, ResponseTokenIds, FinishReason and the columns of the prompt rows.</param>
        /// <param name="credit">Which tokens get more of the advantage. Flow needs options: where the answer is.</param>
        /// <param name="steps">Batches of responses to learn from.</param>
        /// <param name="learningRate">Above 0. Full fine-tuning of large models wants about 1e-6, of tiny ones up to 3e-4.</param>
        /// <param name="maxNewTokens">The most tokens of a response.</param>
        /// <param name="promptColumnName">Text, or vectors of token ids.</param>
        /// <param name="seed">Start of everything random.</param>
        /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
        public PolicyOptimizationTrainer PolicyOptimization(
            CausalLanguageModel model, ITransformer reward,
            CreditStrategy credit = CreditStrategy.Coupled, int steps = 100, double learningRate = 1e-6, int maxNewTokens = 512,
            string promptColumnName = "Prompt", long seed = 0) =>
            PolicyOptimization(model, reward, Options(credit, steps, learningRate, maxNewTokens, promptColumnName, seed));

        /// <summary>Creates a <see cref="PolicyOptimizationTrainer"/> whose reward was fitted before, with all its options.</summary>
        /// <param name="model">The policy to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="reward">Writes the reward column from Response, ResponseTokenIds, FinishReason and the columns of the prompt rows.</param>
        /// <param name="options">How to train.</param>
        /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
        public PolicyOptimizationTrainer PolicyOptimization(
            CausalLanguageModel model, ITransformer reward, PolicyOptimizationOptions options) =>
            new(_environment, model, reward, options);

        /// <summary>Creates a <see cref="PolicyOptimizationTrainer"/> that learns from responses and rewards recorded elsewhere.</summary>
        /// <param name="model">The policy to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="recorded">Where in the rows responses are.</param>
        /// <param name="credit">Which tokens get more of the advantage. Flow needs options: where the answer is.</param>
        /// <param name="steps">Batches of responses to learn from.</param>
        /// <param name="learningRate">Above 0. Full fine-tuning of large models wants about 1e-6, of tiny ones up to 3e-4.</param>
        /// <param name="maxNewTokens">The limit that responses were sampled with: one of as many tokens counts as truncated.</param>
        /// <param name="promptColumnName">Text, or vectors of token ids.</param>
        /// <param name="seed">Start of everything random.</param>
        /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
        public PolicyOptimizationTrainer PolicyOptimization(
            CausalLanguageModel model, RecordedRollouts recorded,
            CreditStrategy credit = CreditStrategy.Coupled, int steps = 100, double learningRate = 1e-6, int maxNewTokens = 512,
            string promptColumnName = "Prompt", long seed = 0) =>
            PolicyOptimization(model, recorded, Options(credit, steps, learningRate, maxNewTokens, promptColumnName, seed));

        /// <summary>Creates a <see cref="PolicyOptimizationTrainer"/> that learns from responses and rewards recorded elsewhere, with all its
        /// options.</summary>
        /// <param name="model">The policy to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="recorded">Where in the rows responses are.</param>
        /// <param name="options">How to train.</param>
        /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
        public PolicyOptimizationTrainer PolicyOptimization(
            CausalLanguageModel model, RecordedRollouts recorded, PolicyOptimizationOptions options) =>
            new(_environment, model, recorded, options);

        /// <summary>Creates a <see cref="SupervisedFineTuningTrainer"/>: cross-entropy on responses.</summary>
        /// <param name="model">The model to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="epochs">Passes over the rows.</param>
        /// <param name="batchSize">Rows of an update.</param>
        /// <param name="learningRate">Above 0.</param>
        /// <param name="promptColumnName">Text, or vectors of token ids.</param>
        /// <param name="responseColumnName">Text, or vectors of token ids.</param>
        /// <param name="seed">Start of the order of rows.</param>
        /// <exception cref="InvalidOptionsException">An argument is out of range.</exception>
        public SupervisedFineTuningTrainer SupervisedFineTuning(
            CausalLanguageModel model, int epochs = 3, int batchSize = 8, double learningRate = 2e-5,
            string promptColumnName = "Prompt", string responseColumnName = "Response", long seed = 0) =>
            SupervisedFineTuning(model, new SupervisedFineTuningOptions
            {
                Epochs = epochs,
                BatchSize = batchSize,
                LearningRate = learningRate,
                PromptColumnName = promptColumnName,
                ResponseColumnName = responseColumnName,
                Seed = seed,
            });

        /// <summary>Creates a <see cref="SupervisedFineTuningTrainer"/> with all its options.</summary>
        /// <param name="model">The model to start from; it stays as it is, and yours to dispose.</param>
        /// <param name="options">How to train.</param>
        /// <exception cref="InvalidOptionsException">Options are out of range; the message names them all.</exception>
        public SupervisedFineTuningTrainer SupervisedFineTuning(CausalLanguageModel model, SupervisedFineTuningOptions options) =>
            new(_environment, model, options);

        private static PolicyOptimizationOptions Options(
            CreditStrategy credit, int steps, double learningRate, int maxNewTokens, string promptColumnName, long seed) => new()
            {
                Credit = new CreditOptions { Strategy = credit },
                Steps = steps,
                LearningRate = learningRate,
                MaxNewTokens = maxNewTokens,
                PromptColumnName = promptColumnName,
                Seed = seed,
            };
    }
}
