using Microsoft.ML;
using MLNetAttn.Pipelines;
using Spectre.Console;

namespace MLNetAttn.QuickStart;

/// <summary>The new process: plain ML.NET loads the zip; no set-up call, no model folder.</summary>
internal static class Answers
{
    public static int Print(string zip)
    {
        var ml = new MLContext();
        ITransformer policy = ml.Model.Load(zip, out _);
        using PredictionEngine<CountdownProblem, Answer> engine = ml.Model.CreatePredictionEngine<CountdownProblem, Answer>(policy);
        foreach (CountdownProblem problem in Countdown.Generate(3, seed: 2, split: CountdownSplit.Test))
        {
            Answer answer = engine.Predict(problem);
            string verdict = CountdownVerifier.Score(answer.Response, problem.Numbers, problem.Target) == 1 ? "[green]solved[/]" : "[red]not solved[/]";
            AnsiConsole.MarkupLineInterpolated($"  {problem.Prompt} [bold]{answer.Response}[/]");
            AnsiConsole.MarkupLine($"  {verdict}, {answer.Credit.Count(credit => credit > 1)} of {answer.Credit.Length} tokens credited\n");
        }
        return 0;
    }

    /// <summary>What the pipeline writes that is read here.</summary>
    private sealed class Answer
    {
        public string Response { get; set; } = "";

        public float[] Credit { get; set; } = [];
    }
}
