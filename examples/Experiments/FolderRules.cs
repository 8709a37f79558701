namespace MLNetAttn.Experiments;

/// <summary>What may be run in a folder, and what of it is compared: runs under equal settings, from the same model.</summary>
/// <param name="folder">The experiment.</param>
internal sealed class FolderRules(ExperimentFolder folder)
{
    private RunStart? Start => File.Exists(folder.BeforeTrainingFile) ? ExperimentFolder.Read<RunStart>(folder.BeforeTrainingFile) : null;

    // Without a fingerprint, a path is all that says what runs start from.
    private bool ComparePaths => Start?.Fingerprints is null;

    /// <summary>Requires that runs under some settings may be added.</summary>
    /// <param name="settings">The settings.</param>
    /// <returns>Whether what is there belongs to them. Where not, it is nothing but runs that were cut before they had anything to show.</returns>
    /// <exception cref="ArgumentException">The folder was begun with others, or holds what is not this program's.</exception>
    public bool Continue(ExperimentSettings settings)
    {
        bool holdsWork = folder.HoldsWork;
        if (!File.Exists(folder.SettingsFile))
            return folder.Runs() is [var run, ..]
                ? throw new ArgumentException(
                    $"'{run.Path}' is there, and '{folder.SettingsFile}', which would say what it was run with, is not. Put it back (config.json of a run has it, as \"settings\"), or give another folder.")
                : false;
        // Without work, a path may be corrected.
        ExperimentSettings begun = ExperimentFolder.Read<ExperimentSettings>(folder.SettingsFile);
        string[] differences = [.. begun.DifferencesFrom(settings, comparePaths: !holdsWork || ComparePaths)];
        if (differences.Length > 0 && holdsWork)
            throw new ArgumentException(
                $"'{folder.Path}' was begun with other settings, and only runs under equal ones are compared. Give another folder, or these settings again, which it has where they are left out: {string.Join(", ", differences)}.");
        if (differences.Length > 0 && folder.Runs().FirstOrDefault(run => !IsOfKit(run)) is { } foreign)
            throw new ArgumentException($"'{foreign.Path}' has the name of a run and is none: move it, or give another folder.");
        if (holdsWork) RequireOneExperiment(begun);
        return differences.Length == 0;
    }

    /// <summary>Makes settings the folder's, once they are known to work.</summary>
    /// <param name="settings">Those that <see cref="Continue"/> took.</param>
    public void Accept(ExperimentSettings settings)
    {
        if (!Continue(settings))
        {
            // First, so that no accuracy stands beside settings that it was not measured under, and no run that the trainer would not go on with.
            File.Delete(folder.BeforeTrainingFile);
            foreach (RunFolder begun in folder.Runs()) Directory.Delete(begun.Path, recursive: true);
        }
        // Those that change no result may be others: runs that are to come use them.
        ExperimentFolder.Write(folder.SettingsFile, settings);
    }

    /// <summary>Requires that the runs that have ended are comparable: some may have been copied here from elsewhere.</summary>
    /// <param name="settings">What the folder says they were run with.</param>
    /// <exception cref="InvalidDataException">Some are not; the message names them.</exception>
    public void RequireOneExperiment(ExperimentSettings settings)
    {
        (string Name, RunOrigin Origin)[] ended =
            [.. folder.Runs().Where(run => run.HasEnded && run.Origin is not null).Select(run => (run.Name, run.Origin!))];
        string? model = Start?.Fingerprints?.Model ?? ended.FirstOrDefault().Origin?.ModelFingerprint;
        string[] others =
        [
            .. from run in ended
               let differences = run.Origin.Settings.DifferencesFrom(settings, ComparePaths)
                   .Concat(run.Origin.ModelFingerprint == model ? [] : (string[])["another model"])
                   .ToArray()
               where differences.Length > 0
               select $"{run.Name} ({string.Join(", ", differences)})",
        ];
        if (others.Length > 0)
            throw new InvalidDataException(
                $"'{folder.Path}' holds runs of other settings than its experiment.json, and only runs under equal ones are compared. Move these elsewhere: {string.Join("; ", others)}.");
    }

    /// <summary>Whether nothing is lost with a folder but what this program computes again.</summary>
    private static bool IsOfKit(RunFolder run)
    {
        try
        {
            // A process that could not begin has left no more than its log.
            return run.Origin is not null || Directory.EnumerateFileSystemEntries(run.Path).All(entry => entry == run.LogFile);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
