namespace MLNetAttn.Cli;

/// <summary>What a run was warned of, each thing once. A file of the run keeps it: a screen is drawn over, and many a run has nobody who watches.</summary>
/// <param name="path">The file; lines are added to it.</param>
internal sealed class TrainingWarnings(string path)
{
    private readonly List<string> _all = [];

    /// <summary>All of them, in the order in which they came.</summary>
    public IReadOnlyList<string> All => _all;

    /// <summary>Adds one.</summary>
    /// <param name="step">The last step that was done.</param>
    /// <param name="message">What it says.</param>
    /// <returns>Whether it was new.</returns>
    public bool Add(int step, string message)
    {
        if (_all.Contains(message)) return false;
        _all.Add(message);
        try
        {
            File.AppendAllText(path, FormattableString.Invariant($"after step {step}: {message}\n"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is shown all the same, and a file must not end the training.
        }
        return true;
    }
}
