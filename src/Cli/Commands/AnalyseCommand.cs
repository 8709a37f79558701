using System.CommandLine;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>Responses to statistics over all of them.</summary>
internal static class AnalyseCommand
{
    public static Command Create(Streams streams) => new("analyse", "What holds of many responses together.") { Coupling(streams), Perturbation(streams) };

    private static Command Coupling(Streams streams)
    {
        (Option<DirectoryInfo> model, Option<string?> input, Option<string> dataType, Option<string> device, Option<bool> json) = Options();
        Option<long> seed = new("--seed") { Description = "Start of the random numbers of intervals and permutations." };
        Command command = new("coupling", """
            How often peaks of WAAD, FAI and entropy meet, against chance: {"prompt", "response"} or {"prompt_ids", "response_ids"} → a table.

            Example: mlnetattn analyse coupling --model models/smollm2 --input answers.jsonl
            """)
        { model, input, dataType, device, json, seed };
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = SharedOptions.Load(
                parsed.GetRequiredValue(model), parsed.GetRequiredValue(dataType), parsed.GetRequiredValue(device));
            var rhythm = new RhythmOptions { MaximumHorizon = null, Receivers = true };
            List<ResponseRhythm> responses = [];
            foreach (TokenSequence sequence in ResponseFile.Read(loaded, streams, parsed.GetValue(input)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                RhythmAnalysis analysis = loaded.AnalyzeRhythm([sequence], rhythm)[0];
                responses.Add(new ResponseRhythm(Wide(analysis.Waad), Wide(analysis.Fai), Wide(analysis.ReceiverFai!), Wide(analysis.Entropies)));
            }
            CouplingStatistics result = CouplingStatistics.Compute(responses, new CouplingOptions { Seed = parsed.GetValue(seed) });
            streams.Output.WriteLine(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }

    private static Command Perturbation(Streams streams)
    {
        (Option<DirectoryInfo> model, Option<string?> input, Option<string> dataType, Option<string> device, Option<bool> json) = Options();
        Option<int> positions = new("--positions")
        {
            Description = "Tokens of highest, and as many of lowest, FAI that are perturbed.",
            DefaultValueFactory = _ => new PerturbationOptions().Positions,
        };
        Option<long> seed = new("--seed") { Description = "Start of the random numbers of the test." };
        Command command = new("perturbation", """
            Forces other tokens where FAI is high and where it is low, and compares what follows: the same input → a table.

            Example: mlnetattn analyse perturbation --model models/smollm2 --input answers.jsonl --json
            """)
        { model, input, dataType, device, json, positions, seed };
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = SharedOptions.Load(
                parsed.GetRequiredValue(model), parsed.GetRequiredValue(dataType), parsed.GetRequiredValue(device));
            TokenSequence[] sequences = [.. ResponseFile.Read(loaded, streams, parsed.GetValue(input))];
            var options = new PerturbationOptions { Positions = parsed.GetValue(positions), Seed = parsed.GetValue(seed) };
            PerturbationResult result = PerturbationTest.Run(loaded, sequences, options, progress: null, cancellationToken);
            streams.Output.WriteLine(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }

    private static (Option<DirectoryInfo> Model, Option<string?> Input, Option<string> DataType, Option<string> Device, Option<bool> Json) Options() =>
        (
            SharedOptions.Model(), SharedOptions.Input(), SharedOptions.DataType(), SharedOptions.Device(),
            new Option<bool>("--json") { Description = "JSON instead of a table." });

    private static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);
}
