using System.CommandLine;
using System.Text.Json.Nodes;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Prompts to responses.</summary>
internal static class GenerateCommand
{
    public static Command Create(Streams streams)
    {
        Option<DirectoryInfo> model = SharedOptions.Model();
        Option<string?> input = SharedOptions.Input(), output = SharedOptions.Output();
        Option<bool> strict = SharedOptions.Strict();
        Option<int> batchSize = SharedOptions.BatchSize(16);
        Option<string> dataType = SharedOptions.DataType(), device = SharedOptions.Device();
        Option<int?> maximum = new("--max-new-tokens") { Description = "The most tokens of a response; left out: what the model's context leaves.", HelpName = "N" };
        Option<double> temperature = new("--temperature") { Description = "Divides the logits; 0 = greedy.", DefaultValueFactory = _ => 1 };
        Option<int> topK = new("--top-k") { Description = "Only the k most probable tokens; 0 = all." };
        Option<double> topP = new("--top-p") { Description = "Only the most probable tokens that make up this share.", DefaultValueFactory = _ => 1 };
        Option<double> minP = new("--min-p") { Description = "Only tokens at least this probable, relative to the most probable one." };
        Option<double> penalty = new("--repetition-penalty") { Description = "Above 1: makes tokens that occurred less probable.", DefaultValueFactory = _ => 1 };
        Option<int> samples = new("--samples") { Description = "Responses for each prompt; each is a row with a \"sample\" number.", DefaultValueFactory = _ => 1 };
        Option<string[]> stop = new("--stop") { Description = "Text that ends a response; may be given several times.", HelpName = "TEXT", DefaultValueFactory = _ => [] };
        Option<long> seed = new("--seed") { Description = "Start of the random numbers. A row's are a function of it and of the row's line alone." };
        Command command = new("generate", """
            {"prompt" | "prompt_ids" | "messages"} → + {"text", "token_ids", "log_probs", "finish_reason"}

            Example: mlnetattn generate --model models/smollm2 --input problems.jsonl --output answers.jsonl --temperature 0.7 --samples 4
            """)
        { model, input, output, strict, batchSize, dataType, device, maximum, temperature, topK, topP, minP, penalty, samples, stop, seed };
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = SharedOptions.Load(parsed.GetRequiredValue(model), parsed.GetRequiredValue(dataType), parsed.GetRequiredValue(device));
            var options = new GenerationOptions
            {
                MaxNewTokens = parsed.GetValue(maximum),
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                MinP = parsed.GetValue(minP),
                RepetitionPenalty = parsed.GetValue(penalty),
                SamplesPerPrompt = parsed.GetValue(samples),
                StopStrings = parsed.GetValue(stop)!,
            };
            loaded.Generate([], options, cancellationToken);                                            // wrong options are nobody's row's fault
            var pump = new RowPump(streams, parsed.GetValue(input), parsed.GetValue(output), parsed.GetValue(strict), parsed.GetValue(batchSize));
            return Task.FromResult(pump.Run("generate", row => row.Prompt(loaded), Generate, cancellationToken));

            IEnumerable<IEnumerable<JsonObject>> Generate(IReadOnlyList<(InputRow Row, int[] Prompt)> rows)
            {
                GenerationOptions own = options with { PromptSeeds = [.. rows.Select(row => parsed.GetValue(seed) + row.Row.Line)] };
                return loaded.Generate([.. rows.Select(row => row.Prompt)], own, cancellationToken)
                    .GroupBy(response => response.PromptIndex).OrderBy(group => group.Key)
                    .Select(group => group.Select(response => Row(rows[group.Key].Row, response)));
            }

            JsonObject Row(InputRow row, GeneratedSequence response)
            {
                JsonObject written = row.With(
                    ("text", response.Text), ("token_ids", JsonText.Numbers(response.TokenIds)), ("log_probs", JsonText.Numbers(response.LogProbabilities)), ("finish_reason", Name(response.FinishReason)));
                if (options.SamplesPerPrompt > 1) written["sample"] = response.SampleIndex;
                return written;
            }
        });
        return command;
    }

    private static string Name(FinishReason reason) => reason switch
    {
        FinishReason.StopToken => "stop_token",
        FinishReason.StopString => "stop_string",
        _ => "length",
    };
}
