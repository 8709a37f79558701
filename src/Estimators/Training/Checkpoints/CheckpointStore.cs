using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>Writes and reads the checkpoints of one run.</summary>
internal sealed class CheckpointStore
{
    private const string BestFile = "best.safetensors";

    private readonly OutputFolder _folder;
    private readonly RunIdentity _identity;
    private readonly ComputePlatform _platform;
    private readonly int _limit;

    /// <param name="folder">Where checkpoints are.</param>
    /// <param name="identity">The run.</param>
    /// <param name="platform">What it computes on.</param>
    /// <param name="limit">How many to keep.</param>
    public CheckpointStore(OutputFolder folder, RunIdentity identity, ComputePlatform platform, int limit) =>
        (_folder, _identity, _platform, _limit) = (folder, identity, platform, limit);

    /// <summary>The run's folder.</summary>
    public string Location => _folder.Location;

    /// <summary>Writes a checkpoint, in the place of one after the same step.</summary>
    /// <param name="point">Where the run stands.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="best">The best evaluation.</param>
    /// <param name="state">The trainer's own state.</param>
    /// <exception cref="IOException">It could not be written; earlier ones are untouched.</exception>
    public void Save(Point point, LearningPolicy policy, BestPolicy best, object state) => _folder.Save(point.Step, _limit, target =>
    {
        policy.Save(target);
        if (best.Weights is { } weights)
        {
            using Stream stream = target.Create(BestFile);
            SafetensorsWriter.Write(stream, weights.Select((weight, i) => KeyValuePair.Create(BestName(i), weight)), SafetensorsWriter.PyTorchFormat);
        }
        new TrainingState(TrainingState.CurrentVersion, _identity, point, policy.Updates, best.State, TrainingState.ToNode(state), _platform).Save(target);
    });

    /// <summary>Goes back to the last checkpoint, and marks the folder as this run's.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="best">The best evaluation.</param>
    /// <param name="run">The trainer's own state.</param>
    /// <param name="warn">Told where the checkpoint was written on another platform, or where there is none of a run that has begun.</param>
    /// <returns>Where it stands; the start where there is none.</returns>
    /// <exception cref="InvalidOperationException">It, or the folder where there is none, is another run's; the message says what differs.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or missing; the message names it.</exception>
    public Point Restore(LearningPolicy policy, BestPolicy best, ITrainingRun run, Action<string> warn)
    {
        IReadOnlyList<(int Step, string Path)> checkpoints = _folder.Checkpoints();
        if (checkpoints is not [.., (_, string path)])
        {
            if (File.Exists(_folder.RunFile))
            {
                _identity.Require(RunIdentity.Read(_folder.RunFile), $"'{_folder.RunFile}' is that of another run");
                warn($"The run in '{Location}' has no checkpoint to go on from: it begins again with the first step.");
            }
            Begin();
            return Point.Start;
        }
        try
        {
            return Restore(path, policy, best, run, warn);
        }
        catch (Exception exception) when (exception is InvalidDataException or FileNotFoundException)
        {
            string otherwise = checkpoints is [.., (_, string earlier), _] ? $"go on from '{Path.GetFileName(earlier)}'" : "begin again with the first step";
            throw new InvalidDataException($"{exception.Message} Remove '{path}' to {otherwise}.", exception);
        }
    }

    private Point Restore(string path, LearningPolicy policy, BestPolicy best, ITrainingRun run, Action<string> warn)
    {
        var source = new FolderSource(path);
        TrainingState state = TrainingState.Load(source);
        _identity.Require(state.Run, $"'{path}' is a checkpoint of another run");
        if (state.Platform is { } before && before != _platform)
            warn(
                $"Going on with other means than '{path}' was written with: {_platform.Differences(before)}. The steps that follow may differ in their last bits from those of an undisturbed run.");
        Begin();
        policy.Load(source, state.Updates);
        best.State = state.Evaluations;
        if (source.Exists(BestFile)) best.Keep(ReadBest(source, policy));
        run.State = TrainingState.FromNode(state.Trainer, run.State.GetType(), CheckpointFiles.Locate(source, TrainingState.FileName));
        return state.Point;
    }

    private void Begin() => _folder.Begin(TrainingState.ToNode(_identity).ToString());

    private static Tensor[] ReadBest(FolderSource source, LearningPolicy policy)
    {
        Tensor[] weights = policy.Snapshot();
        try
        {
            CheckpointReader.Fill(
                source, BestFile, weights.Index().ToDictionary(entry => BestName(entry.Index), entry => entry.Item), "what this policy trains");
            return weights;
        }
        catch
        {
            foreach (Tensor weight in weights) weight.Dispose();
            throw;
        }
    }

    /// <summary>Where a run stands.</summary>
    /// <param name="Step">Steps done.</param>
    /// <param name="Unevaluated">What the last of them measured, where the evaluation after it is still to be made; otherwise null.</param>
    internal sealed record Point(int Step, IReadOnlyDictionary<string, double>? Unevaluated)
    {
        /// <summary>Before the first step.</summary>
        public static Point Start { get; } = new(0, Unevaluated: null);
    }

    private static string BestName(int index) => index.ToString("D5", System.Globalization.CultureInfo.InvariantCulture);
}
