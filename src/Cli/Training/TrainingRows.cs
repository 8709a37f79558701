using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>Rows for a trainer.</summary>
/// <param name="View">The rows.</param>
/// <param name="Prompts">What they ask, for the report: as people read it, and as the model does.</param>
internal sealed record TrainingRows(IDataView View, IEnumerable<(string Title, int[] Ids)> Prompts)
{
    /// <summary>Problems of a file, or drawn.</summary>
    /// <exception cref="InvalidDataException">A line of the file is wrong; the message names it.</exception>
    public static TrainingRows Problems<TCountdown>(MLContext context, CausalLanguageModel model, TrainTask task, PromptConfig<TCountdown> prompts)
        where TCountdown : CountdownPrompts
    {
        TaskProblem[] problems = prompts.Countdown is { } drawn ? Draw(drawn, prompts.Chat) : [.. ProblemReader.Read(
            prompts.File!, prompts.Format ?? (task == TrainTask.Countdown ? ProblemFormat.Countdown : ProblemFormat.Math),
            new ProblemReaderOptions { Instruction = prompts.Instruction, PromptFormat = prompts.Chat ? PromptFormat.Messages : PromptFormat.Text })];
        if (!prompts.Chat) return new TrainingRows(context.Data.LoadFromEnumerable(problems), problems.Select(problem => (problem.Prompt, model.Tokenizer.Encode(problem.Prompt))));
        RenderedProblem[] rendered = [.. problems.Select(problem => RenderedProblem.Of(model, problem))];
        return new TrainingRows(context.Data.LoadFromEnumerable(rendered), rendered.Select(problem => (problem.Question, problem.Prompt)));
    }

    /// <summary>Responses of a file to learn: JSON lines with prompt and response.</summary>
    /// <exception cref="InvalidDataException">A line is wrong; the message names it.</exception>
    public static TrainingRows Responses(MLContext context, CausalLanguageModel model, string path)
    {
        using var reader = new StreamReader(path);
        Demonstration[] rows = [.. InputRow.Lines(reader).Select(line => Demonstration.Parse(path, line.Number, line.Text))];
        return new TrainingRows(context.Data.LoadFromEnumerable(rows), rows.Select(row => (row.Prompt, model.Tokenizer.Encode(row.Prompt))));
    }

    private static TaskProblem[] Draw(CountdownPrompts drawn, bool chat) =>
    [
        .. Countdown.Generate(drawn.Count, drawn.Numbers, drawn.Seed, drawn.Split, drawn.Options).Select((problem, i) => new TaskProblem
        {
            Index = i,
            Question = problem.Prompt,
            Prompt = chat ? JsonText.Line(new JsonArray(new JsonObject { ["role"] = "user", ["content"] = problem.Prompt })) : problem.Prompt,
            Numbers = problem.Numbers,
            Target = problem.Target,
        }),
    ];

    /// <summary>A problem whose prompt went through the model's chat template.</summary>
    private sealed class RenderedProblem
    {
        public string Question { get; init; } = "";

        [VectorType]
        public int[] Prompt { get; init; } = [];

        public string Answer { get; init; } = "";

        [VectorType]
        public int[] Numbers { get; init; } = [];

        public int Target { get; init; }

        public static RenderedProblem Of(CausalLanguageModel model, TaskProblem problem)
        {
            using var messages = JsonDocument.Parse(problem.Prompt);
            string text = model.ChatTemplate.Render(messages.RootElement, new ChatTemplateOptions { AddGenerationPrompt = true });
            return new RenderedProblem
            {
                Question = problem.Question,
                Prompt = model.Tokenizer.Encode(text, addSpecialTokens: false),
                Answer = problem.Answer,
                Numbers = problem.Numbers,
                Target = problem.Target,
            };
        }
    }

    /// <summary>A response to learn.</summary>
    private sealed class Demonstration
    {
        public string Prompt { get; init; } = "";

        public string Response { get; init; } = "";

        public static Demonstration Parse(string path, long number, string line)
        {
            try
            {
                InputRow row = InputRow.Parse(number, line);
                return new Demonstration { Prompt = row.Text("prompt"), Response = row.Text("response") };
            }
            catch (Exception exception) when (exception is RowException or JsonException)
            {
                throw new InvalidDataException($"'{path}', line {number}: {exception.Message}", exception);
            }
        }
    }
}
