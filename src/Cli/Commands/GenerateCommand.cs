using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>Prompts to responses.</summary>
internal static class GenerateCommand
{
    public static Command Create(Streams streams)
    {
        var model = new ModelArguments();
        Option<string?> input = SharedOptions.Input(), output = SharedOptions.Output();
        Option<bool> strict = SharedOptions.Strict();
        Option<int> batchSize = SharedOptions.BatchSize(16);
        var generation = new GenerationArguments(temperature: 1);
        Command command = new("generate", """
            {"prompt" | "prompt_ids" | "messages"} → + {"text", "token_ids", "log_probs", "finish_reason"}; of several samples each is a row, with its number as "sample"

            Example: mlnetattn generate --model models/smollm2 --input problems.jsonl --output answers.jsonl --temperature 0.7 --samples 4
            """)
        { input, output, strict, batchSize };
        model.AddTo(command);
        generation.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = model.Load(parsed);
            GenerationOptions options = generation.Read(parsed);
            // Wrong options are nobody's row's fault.
            loaded.Generate([], options, cancellationToken);
            var pump = new RowPump(streams, parsed.GetValue(input), parsed.GetValue(output), parsed.GetValue(strict), parsed.GetValue(batchSize));
            return Task.FromResult(pump.Run("generate", row => row.Prompt(loaded), Generate, cancellationToken));

            IEnumerable<IEnumerable<JsonObject>> Generate(IReadOnlyList<(InputRow Row, int[] Prompt)> rows)
            {
                GenerationOptions own = options with { PromptSeeds = [.. rows.Select(row => Seed(row.Row))] };
                return loaded.Generate([.. rows.Select(row => row.Prompt)], own, cancellationToken)
                    .GroupBy(response => response.PromptIndex).OrderBy(group => group.Key)
                    .Select(group => group.Select(response => Row(rows[group.Key].Row, response)));
            }

            // Hashed: neighbouring seeds must not give neighbouring rows the same numbers.
            long Seed(InputRow row) => RowSeed.Of(options.Seed, new DataViewRowId((ulong)row.Line, 0));

            JsonObject Row(InputRow row, GeneratedSequence response)
            {
                JsonObject written = row.With(
                    ("text", response.Text),
                    ("token_ids", JsonText.Numbers(response.TokenIds)),
                    ("log_probs", JsonText.Numbers(response.LogProbabilities)),
                    ("finish_reason", FinishReasonName.Of(response.FinishReason)));
                if (options.SamplesPerPrompt > 1) written["sample"] = response.SampleIndex;
                return written;
            }
        });
        return command;
    }
}
