using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>What is learnt: problems to train on, problems held out, and how answers are judged.</summary>
/// <param name="context">ML.NET's context.</param>
/// <param name="settings">Which task.</param>
/// <param name="model">Whose chat template is asked through.</param>
internal sealed class ExperimentTask(MLContext context, ExperimentSettings settings, CausalLanguageModel model)
{
    private const int DrawnTrainingProblems = 20_000;

    // Of every run, whatever its seed: runs are compared on the same problems.
    private const long TestSeed = 1;

    public IEstimator<ITransformer> Reward => settings.Task is null or ProblemFormat.Countdown ? context.Transforms.CountdownReward(format: settings.CountdownFormat) : context.Transforms.MathReward();

    /// <summary>In the format of TinyZero, problems as Stream of Search draws them.</summary>
    private CountdownOptions Drawn => settings.CountdownFormat == CountdownFormat.SearchTrace ? new() { LargestNumber = settings.LargestNumber } : new()
    {
        Format = settings.CountdownFormat,
        LargestNumber = settings.LargestNumber,
        Operators = CountdownOperators.Add | CountdownOperators.Subtract | CountdownOperators.Multiply | CountdownOperators.Divide,
        LargestResult = 1_000_000,
        SmallestTarget = 10,
        LargestTarget = 100,
    };

    /// <summary>Runs of the same seed, whatever their strategies, see the same problems in the same order.</summary>
    public IDataView Train(long seed) => settings.Task is { } format
        ? Load(ProblemReader.Read(settings.TrainFile!, format, Asked))
        : context.Data.LoadFromEnumerable(Countdown.Generate(DrawnTrainingProblems, settings.Numbers, seed, options: Drawn));

    public IDataView Test() => settings.Task is { } format
        ? Load(ProblemReader.Read(settings.TestFile!, format, Asked).Take(settings.TestProblems))
        : context.Data.LoadFromEnumerable(Countdown.Generate(settings.TestProblems, settings.Numbers, TestSeed, CountdownSplit.Test, Drawn));

    private ProblemReaderOptions Asked => new() { CountdownFormat = settings.CountdownFormat };

    private IDataView Load(IEnumerable<TaskProblem> problems) => settings.Chat
        ? context.Data.LoadFromEnumerable<ChatProblem>([.. problems.Select(problem => new ChatProblem
        {
            // The template has the special tokens; the tokenizer must not add them again.
            Prompt = [.. model.Tokenizer.Encode(model.ChatTemplate.Render([ChatMessage.User(problem.Prompt)], addGenerationPrompt: true), addSpecialTokens: false)],
            Answer = problem.Answer,
            Numbers = problem.Numbers,
            Target = problem.Target,
        })])
        : context.Data.LoadFromEnumerable<TaskProblem>([.. problems]);

    /// <summary>A problem whose prompt went through the chat template.</summary>
    private sealed class ChatProblem
    {
        [VectorType]
        public int[] Prompt { get; init; } = [];

        public string Answer { get; init; } = "";

        [VectorType]
        public int[] Numbers { get; init; } = [];

        public int Target { get; init; }
    }
}
