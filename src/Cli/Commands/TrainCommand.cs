using System.CommandLine;
using MLNetAttn.Estimators;

namespace MLNetAttn.Cli;

/// <summary>A configuration to a trained policy.</summary>
internal static class TrainCommand
{
    public static Command Create(Streams streams)
    {
        Option<FileInfo?> config = new("--config", "-c")
        {
            Description = "What to train how: JSON, with comments if you like (docs/training.md).",
            HelpName = "FILE",
        };
        Option<string[]> set = new("--set")
        {
            Description = "A value that goes over the file's, such as options.steps=5 or reward[0].weight=2; may be given several times.",
            HelpName = "PATH=VALUE",
            DefaultValueFactory = _ => [],
        };
        Option<bool> print = new("--print-config") { Description = "Write the configuration with all its defaults to standard output, and do no more." };
        Option<bool> resume = new("--resume")
        {
            Description = "Go on with the run in the output folder, from its last checkpoint; begin one if there is none.",
        };
        Option<int> every = SharedOptions.AtLeast(
            new Option<int>("--log-every")
            {
                Description = "Steps from line to line, where standard error is no terminal.",
                HelpName = "N",
                DefaultValueFactory = _ => 10,
            },
            least: 1);
        Command command = new("train", """
            A configuration → a trained policy (Hugging Face folder and model zip), checkpoints, metrics, a report.

            Ctrl-C stops it, and saves the policy as the last complete step left it; a second one ends the process at once.

            Example: mlnetattn train --config run.json --set options.steps=50
            """)
        { config, set, print, resume, every };
        command.SetAction((parsed, cancellationToken) =>
        {
            TrainConfig read = ConfigReader.Read(parsed.GetValue(config)?.FullName, parsed.GetValue(set)!);
            if (parsed.GetValue(print))
            {
                streams.Output.Write(ConfigJson.Write(read));
                return Task.FromResult(CommandLine.Success);
            }
            ConfigRules.Require(read);
            RequireOtherFiles(parsed.GetValue(config)?.FullName, Path.GetFullPath(read.Output!));
            try
            {
                return Task.FromResult(new TrainingRun(read, parsed.GetValue(resume), parsed.GetValue(every), streams).Run(cancellationToken));
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                streams.Errors.WriteLine("Stopped while rows were read: nothing was trained, and nothing has changed.");
                return Task.FromResult(CommandLine.Cancelled);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                throw new InvalidOperationException(ConfigWording.Of(read, ErrorText.Of(exception)), exception);
            }
        });
        return command;
    }

    /// <summary>Requires that a run does not write over the file that it was made from. The train.json of a run that goes on is its own already.</summary>
    private static void RequireOtherFiles(string? config, string output)
    {
        string run = Path.Combine(output, RunFiles.Run), own = Path.Combine(output, RunFolder.ConfigName);
        if (config is not null && (config == run || (config == own && !File.Exists(run))))
            throw new ConfigException(
            [
                $"output: a run writes a {Path.GetFileName(config)} of its own there, which --config is. Give the file another name or place.",
            ]);
    }
}
