using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Estimators;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;
using MLNetAttn.Transforms;

namespace MLNetAttn.Cli;

/// <summary>Rows for a trainer.</summary>
/// <param name="View">The rows; their prompts are in column Prompt.</param>
/// <param name="Titles">What each asks, as people read it.</param>
/// <param name="Reader">Reads prompts as the trainer does.</param>
internal sealed record TrainingRows(IDataView View, IReadOnlyList<string> Titles, PromptReader Reader)
{
    private const string Prompt = "Prompt";

    /// <summary>Problems of a file, or drawn.</summary>
    /// <exception cref="InvalidDataException">A line of the file is wrong; the message names it.</exception>
    public static TrainingRows Problems<TCountdown>(MLContext context, TrainTask task, PromptConfig<TCountdown> prompts, PromptFormat format)
        where TCountdown : CountdownPrompts
    {
        TaskProblem[] problems = prompts.Countdown is { } drawn ? Draw(drawn, format) : Read(prompts, task, format);
        return new TrainingRows(
            context.Data.LoadFromEnumerable(problems),
            [.. problems.Select(problem => problem.Question)],
            new PromptReader(Prompt, format, addSpecialTokens: true));
    }

    private static TaskProblem[] Read<TCountdown>(PromptConfig<TCountdown> prompts, TrainTask task, PromptFormat format)
        where TCountdown : CountdownPrompts
    {
        var options = new ProblemReaderOptions { Instruction = prompts.Instruction, PromptFormat = format, CountdownFormat = prompts.CountdownFormat };
        ProblemFormat usual = task == TrainTask.Countdown ? ProblemFormat.Countdown : ProblemFormat.Math;
        try
        {
            return [.. ProblemReader.Read(prompts.File!, prompts.Format ?? usual, options)];
        }
        catch (InvalidDataException exception) when (prompts.Format is null && task == TrainTask.Math)
        {
            throw new InvalidDataException(
                $"{exception.Message} The file is read as math, since its \"format\" is not given: {string.Join(", ", ConfigBinder.Values(typeof(ProblemFormat)))}.",
                exception);
        }
    }

    /// <summary>Responses of a file to learn: JSON lines with prompt (a text; as messages an array of them, or an object with them) and response.</summary>
    /// <exception cref="InvalidDataException">A line is wrong; the message names it.</exception>
    public static TrainingRows Responses(MLContext context, string path, SupervisedFineTuningOptions options)
    {
        Demonstration[] rows = [.. InputRow.Read(path, row => Demonstration.Of(row, options.PromptFormat))];
        return new TrainingRows(context.Data.LoadFromEnumerable(rows), [.. rows.Select(row => row.Title)], options.Prompts);
    }

    /// <summary>Requires text where it is to be read as text.</summary>
    /// <exception cref="RowException">The prompt is a conversation.</exception>
    public static void RequireText(InputRow row, PromptFormat format)
    {
        if (format == PromptFormat.Text && row.Fields["prompt"] is JsonArray or JsonObject)
            throw new RowException("'prompt' is not text, but messages: set options.prompt_format to messages.");
    }

    /// <summary>The first prompts with their rows, as people and as the model read them; each once, however many rows have it.</summary>
    public IReadOnlyList<(int Row, string Title, int[] Ids)> First(int count, CausalLanguageModel model)
    {
        DataViewSchema.Column column = View.Schema[Prompt];
        using DataViewRowCursor cursor = View.GetRowCursor([column]);
        Func<int[]> read = Reader.Open(cursor, column, model);
        List<(int, string, int[])> first = [];
        HashSet<string> seen = [];
        for (int row = 0; first.Count < count && cursor.MoveNext(); row++)
            if (seen.Add(Titles[row])) first.Add((row, Titles[row], read()));
        return first;
    }

    private static TaskProblem[] Draw(CountdownPrompts drawn, PromptFormat format) =>
    [
        .. Countdown.Generate(drawn.Count, drawn.Numbers, drawn.Seed, drawn.Split, drawn.Options).Select((problem, i) => new TaskProblem
        {
            Index = i,
            Question = problem.Prompt,
            Prompt = format == PromptFormat.Messages
                ? JsonText.Line(new JsonArray(new JsonObject { ["role"] = "user", ["content"] = problem.Prompt }))
                : problem.Prompt,
            Numbers = problem.Numbers,
            Target = problem.Target,
        }),
    ];

    /// <summary>A response to learn.</summary>
    private sealed class Demonstration
    {
        public string Prompt { get; init; } = "";

        public string Response { get; init; } = "";

        [NoColumn]
        public string Title { get; init; } = "";

        public static Demonstration Of(InputRow row, PromptFormat format)
        {
            RequireText(row, format);
            if (row.Has("messages") && !row.Has("prompt"))
                throw new RowException(
                    "The row has 'messages' and no 'prompt', expected as 'prompt' the messages before the response, with options.prompt_format messages, and as 'response' its text.");
            (string prompt, string title) = format == PromptFormat.Messages ? row.Conversation("prompt") : (row.Text("prompt"), row.Text("prompt"));
            return new Demonstration { Prompt = prompt, Title = title, Response = row.Text("response") };
        }
    }
}
