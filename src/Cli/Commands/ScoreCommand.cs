using System.CommandLine;
using System.Text.Json.Nodes;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>Responses to rewards.</summary>
internal static class ScoreCommand
{
    public static Command Create(Streams streams)
    {
        Option<string?> input = SharedOptions.Input(), output = SharedOptions.Output();
        Option<bool> strict = SharedOptions.Strict();
        Choice<TrainTask> task = new(
            "--task", "math: {\"response\", \"answer\" or \"gold\"}. countdown: {\"response\", \"numbers\" or \"nums\", \"target\"}.", usual: null);
        Choice<CountdownFormat> format = new("--countdown-format", "How countdown responses are written.", CountdownFormat.SearchTrace);
        Command command = new("score", """
            {"response" | "text", ...} → + {"reward"}

            Example: mlnetattn score --task math --input answers.jsonl --output scored.jsonl
            """)
        { input, output, strict, task.Option, format.Option };
        command.SetAction((parsed, cancellationToken) =>
        {
            CountdownFormat written = format.Read(parsed);
            Func<InputRow, float> score = task.Read(parsed) == TrainTask.Math
                ? row => MathVerifier.IsCorrect(Response(row), row.TextOrNumber(row.Has("gold") && !row.Has("answer") ? "gold" : "answer")) ? 1 : 0
                : row => CountdownVerifier.Score(
                    Response(row), row.Integers(row.Has("nums") && !row.Has("numbers") ? "nums" : "numbers"), row.Number("target"), written);
            var pump = new RowPump(streams, parsed.GetValue(input), parsed.GetValue(output), parsed.GetValue(strict), batchSize: 1);
            return Task.FromResult(pump.Run(
                "score",
                score,
                rows => rows.Select(row => (IEnumerable<JsonObject>)[row.Row.With(("reward", row.Value))]),
                cancellationToken));
        });
        return command;
    }

    private static string Response(InputRow row) => row.Text(row.Has("text") && !row.Has("response") ? "text" : "response");
}
