using Microsoft.ML;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Experiments;

/// <summary>What is learnt: problems to train on, problems held out, and how answers are judged.</summary>
internal sealed class ExperimentTask
{
    private const int DrawnTrainingProblems = 20_000;

    // Of every run, whatever its seed: runs are compared on the same problems.
    private const long TestSeed = 1;

    private readonly MLContext _context;
    private readonly ExperimentSettings _settings;

    public ExperimentTask(MLContext context, ExperimentSettings settings) => (_context, _settings) = (context, settings);

    public IEstimator<ITransformer> Reward => _settings.Task is null or ProblemFormat.Countdown ? _context.Transforms.CountdownReward() : _context.Transforms.MathReward();

    private CountdownOptions Drawn => new() { LargestNumber = _settings.LargestNumber };

    /// <summary>Runs of the same seed, whatever their strategies, see the same problems in the same order.</summary>
    public IDataView Train(long seed) => _settings.Task is { } format
        ? _context.Data.LoadFromEnumerable<TaskProblem>([.. ProblemReader.Read(_settings.TrainFile!, format)])
        : _context.Data.LoadFromEnumerable(Countdown.Generate(DrawnTrainingProblems, _settings.Numbers, seed, options: Drawn));

    public IDataView Test() => _settings.Task is { } format
        ? _context.Data.LoadFromEnumerable<TaskProblem>([.. ProblemReader.Read(_settings.TestFile!, format).Take(_settings.TestProblems)])
        : _context.Data.LoadFromEnumerable(Countdown.Generate(_settings.TestProblems, _settings.Numbers, TestSeed, CountdownSplit.Test, Drawn));
}
