using System.CommandLine;
using System.Text.Json.Nodes;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>Responses to what attention did while they were written.</summary>
internal static class AnnotateCommand
{
    public static Command Create(Streams streams)
    {
        var model = new ModelArguments();
        Option<string?> input = SharedOptions.Input(), output = SharedOptions.Output();
        Option<bool> strict = SharedOptions.Strict();
        Option<int> batchSize = SharedOptions.BatchSize(8);
        var rhythm = new RhythmArguments();
        var credit = new CreditArguments();
        Command command = new("annotate", """
            {"prompt", "response"} or {"prompt_ids", "response_ids"} → + {"token_ids", "tokens", "waad", "fai", "entropy", "log_probs", "receiver_fai", "credit", "role", "layers", "local_heads", "global_heads"}

            One value per response token; undefined values are null. "token_ids" of generate go before text, and "text" is read as "response", "messages" as the
            prompt.

            Example: mlnetattn annotate --model models/smollm2 --input answers.jsonl --output annotated.jsonl --receivers
            """)
        { input, output, strict, batchSize };
        model.AddTo(command);
        rhythm.AddTo(command);
        credit.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            using CausalLanguageModel loaded = model.Load(parsed);
            RhythmOptions rhythmOptions = rhythm.Read(parsed);
            CreditOptions creditOptions = credit.Read(parsed);
            // Wrong options are nobody's row's fault.
            loaded.AnalyzeRhythm([], rhythmOptions);
            RhythmCreditFunction.Assign(new TokenSignals { Count = 0, Waad = [], Fai = [], Entropy = [] }, creditOptions);
            JsonArray layers = JsonText.Numbers(rhythmOptions.Layers.Resolve(loaded.Config.LayerCount));
            var pump = new RowPump(streams, parsed.GetValue(input), parsed.GetValue(output), parsed.GetValue(strict), parsed.GetValue(batchSize));
            return Task.FromResult(
                pump.Run("annotate", row => ResponseFile.Sequence(row, loaded), Annotate, cancellationToken));

            IEnumerable<IEnumerable<JsonObject>> Annotate(IReadOnlyList<(InputRow Row, TokenSequence Sequence)> rows) =>
                loaded.AnalyzeRhythm([.. rows.Select(row => row.Sequence)], rhythmOptions)
                    .Zip(rows, (analysis, row) => (IEnumerable<JsonObject>)[Row(row.Row, row.Sequence, analysis)])
                    .ToArray();

            JsonObject Row(InputRow row, TokenSequence sequence, RhythmAnalysis analysis)
            {
                CreditAssignment assigned = RhythmCreditFunction.Assign(TokenSignals.Of(analysis), creditOptions, row.Line);
                return row.With(
                    ("token_ids", JsonText.Numbers(sequence.ResponseIds)),
                    ("tokens", JsonText.Texts(TokenText.Split(loaded, sequence.ResponseIds).Select(token => token.ToString()))),
                    ("waad", JsonText.Numbers(analysis.Waad)),
                    ("fai", JsonText.Numbers(analysis.Fai)),
                    ("entropy", JsonText.Numbers(analysis.Entropies)),
                    ("log_probs", JsonText.Numbers(analysis.LogProbabilities)),
                    ("receiver_fai", analysis.ReceiverFai is null ? null : JsonText.Numbers(analysis.ReceiverFai)),
                    ("credit", JsonText.Numbers(assigned.Credit.Select(value => (float)value))),
                    ("role", JsonText.Texts(assigned.Roles.Select(role => RoleKey.Names[(int)RoleKey.Of(role) - 1]))),
                    ("layers", layers.DeepClone()),
                    ("local_heads", JsonText.Heads(analysis.Groups?.Local)),
                    ("global_heads", JsonText.Heads(analysis.Groups?.Global)));
            }
        });
        return command;
    }
}
