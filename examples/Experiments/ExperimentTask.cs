using Microsoft.ML;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Experiments;

/// <summary>What is learnt: problems to train on, problems held out, and how answers are judged.</summary>
/// <param name="context">ML.NET's context.</param>
/// <param name="settings">Which task.</param>
internal sealed class ExperimentTask(MLContext context, ExperimentSettings settings)
{
    private const int DrawnTrainingProblems = 20_000;

    // Of every run, whatever its seed: runs are compared on the same problems.
    private const long TestSeed = 1;

    public IEstimator<ITransformer> Reward =>
        settings.Task is null or ProblemFormat.Countdown
            ? context.Transforms.CountdownReward(format: settings.CountdownFormat)
            : context.Transforms.MathReward();

    /// <summary>What the prompts of <see cref="Train"/> and <see cref="Test"/> are.</summary>
    public PromptFormat PromptFormat => settings.Chat ? PromptFormat.Messages : PromptFormat.Text;

    private ProblemReaderOptions Asked => new() { CountdownFormat = settings.CountdownFormat, PromptFormat = PromptFormat };

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
        ? Load(settings.TrainFile!, format, int.MaxValue)
        : context.Data.LoadFromEnumerable(Countdown.Generate(DrawnTrainingProblems, settings.Numbers, seed, options: Drawn));

    public IDataView Test() => settings.Task is { } format
        ? Load(settings.TestFile!, format, settings.TestProblems ?? int.MaxValue)
        : context.Data.LoadFromEnumerable(Countdown.Generate(
            settings.TestProblems ?? ExperimentSettings.DrawnTestProblems, settings.Numbers, TestSeed, CountdownSplit.Test, Drawn));

    private IDataView Load(string file, ProblemFormat format, int most)
    {
        TaskProblem[] problems = [.. ProblemReader.Read(file, format, Asked).Take(most)];
        return problems.Length > 0
            ? context.Data.LoadFromEnumerable(problems)
            : throw new InvalidDataException($"'{file}' has no problem, expected at least one.");
    }
}
