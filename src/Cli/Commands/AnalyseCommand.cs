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
        (ModelArguments model, Option<string?> input, Option<bool> json) = Options();
        Option<long> seed = new("--seed") { Description = "Start of the random numbers of intervals and permutations." };
        Command command = new("coupling", """
            How often peaks of WAAD, FAI and entropy meet, against chance: {"prompt", "response"} or {"prompt_ids", "response_ids"} → a table.

            Example: mlnetattn analyse coupling --model models/smollm2 --input answers.jsonl
            """)
        { input, json, seed };
        model.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = model.Load(parsed);
            var rhythm = new RhythmOptions { MaximumHorizon = null, Receivers = true };
            IReadOnlyList<ResponseRhythm> responses = ResponseFile.Read(loaded, streams, "coupling", parsed.GetValue(input), sequence =>
            {
                RhythmAnalysis analysis = loaded.AnalyzeRhythm([sequence], rhythm)[0];
                return new ResponseRhythm(Wide(analysis.Waad), Wide(analysis.Fai), Wide(analysis.ReceiverFai!), Wide(analysis.Entropies));
            }, cancellationToken);
            CouplingStatistics result = CouplingStatistics.Compute(responses, new CouplingOptions { Seed = parsed.GetValue(seed) });
            streams.Output.WriteLine(parsed.GetValue(json) ? result.ToJson() : result.ToString());
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }

    private static Command Perturbation(Streams streams)
    {
        (ModelArguments model, Option<string?> input, Option<bool> json) = Options();
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
        { input, json, positions, seed };
        model.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = model.Load(parsed);
            IReadOnlyList<TokenSequence> sequences = ResponseFile.Read(
                loaded, streams, "perturbation", parsed.GetValue(input), sequence => sequence, cancellationToken);
            var options = new PerturbationOptions { Positions = parsed.GetValue(positions), Seed = parsed.GetValue(seed) };
            PerturbationResult? result = null;
            RowProgress.Show(
                streams, "perturbation", sequences.Count,
                progress => result = PerturbationTest.Run(loaded, sequences, options, progress, cancellationToken));
            streams.Output.WriteLine(parsed.GetValue(json) ? result!.ToJson() : result!.ToString());
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }

    private static (ModelArguments Model, Option<string?> Input, Option<bool> Json) Options() =>
        (new ModelArguments(), SharedOptions.Input(), SharedOptions.Json());

    private static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);
}
