using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>Reads files of problems as their authors publish them.</summary>
public static class ProblemReader
{
    private const string FinalAnswer = "####";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads a file line by line; it is open while the result is enumerated.</summary>
    /// <param name="path">JSON lines; empty lines do not count.</param>
    /// <param name="format">Its fields.</param>
    /// <param name="options">How problems become prompts; null for the defaults.</param>
    /// <returns>Rows for <c>mlContext.Data.LoadFromEnumerable</c>.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line is no JSON object, or lacks a field; the message names line and field. Thrown while
    /// enumerating.</exception>
    public static IEnumerable<TaskProblem> Read(string path, ProblemFormat format, ProblemReaderOptions? options = null)
    {
        if (!Enum.IsDefined(format))
            throw new ArgumentOutOfRangeException(nameof(format), format, $"Use one of {string.Join(", ", Enum.GetNames<ProblemFormat>())}.");
        if (!File.Exists(path)) throw new FileNotFoundException($"There is no file '{path}'.", path);
        return Read(File.ReadLines(path), $"'{path}'", format, options ?? new ProblemReaderOptions());
    }

    /// <summary>Reads lines, wherever they are from.</summary>
    /// <param name="lines">JSON lines.</param>
    /// <param name="source">What errors call their source.</param>
    /// <param name="format">Their fields.</param>
    /// <param name="options">How problems become prompts.</param>
    /// <exception cref="InvalidDataException">As above.</exception>
    internal static IEnumerable<TaskProblem> Read(IEnumerable<string> lines, string source, ProblemFormat format, ProblemReaderOptions options)
    {
        int number = 0, index = 0;
        foreach (string line in lines)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return Parse(line, string.Create(CultureInfo.InvariantCulture, $"{source}, line {number}"), format, options, index++);
        }
    }

    private static TaskProblem Parse(string line, string location, ProblemFormat format, ProblemReaderOptions options, int index)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var fields = new Fields(document.RootElement, location);
            return format == ProblemFormat.Countdown
                ? CountdownProblem(fields, options, index)
                : Problem(Question(fields, format), Answer(fields, format), options, index);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{location}, is no JSON: {JsonErrors.DescribeLine(exception)}", exception);
        }
    }

    private static TaskProblem Problem(string question, string answer, ProblemReaderOptions options, int index) => new()
    {
        Index = index,
        Question = question,
        Prompt = Ask(options.Instruction.Length > 0 ? $"{question}\n{options.Instruction}" : question, options),
        Answer = answer,
    };

    private static string Question(Fields fields, ProblemFormat format)
    {
        if (format == ProblemFormat.OlympiadBench)
            return (fields.Text("context", optional: true) is { Length: > 0 } context ? context + "\n" : "") + fields.Text("question");
        string question = fields.Text(format == ProblemFormat.Gsm8k ? "question" : format == ProblemFormat.Aime && fields.Has("prompt") ? "prompt" : "problem");
        int instruction = question.IndexOf("\n" + ProblemReaderOptions.BoxedAnswer, StringComparison.Ordinal);
        return (instruction < 0 ? question : question[..instruction]).Trim();
    }

    private static string Answer(Fields fields, ProblemFormat format)
    {
        if (format == ProblemFormat.OlympiadBench) return string.Join(", ", fields.List("final_answer"));
        string answer = fields.Text("answer");
        if (format != ProblemFormat.Gsm8k) return answer;
        int marker = answer.LastIndexOf(FinalAnswer, StringComparison.Ordinal);
        return marker >= 0
            ? answer[(marker + FinalAnswer.Length)..].Trim().Replace(",", "", StringComparison.Ordinal)
            : throw fields.Wrong("answer", $"a last line '{FinalAnswer} N'");
    }

    private static TaskProblem CountdownProblem(Fields fields, ProblemReaderOptions options, int index)
    {
        if (Array.Find(["nums", "numbers", "input"], fields.Has) is not { } name)
            throw fields.Wrong(
                "nums",
                "a list of numbers beside 'target'; 'numbers' and 'target', or 'input' \"1,2,3\" and 'output', do as well");
        string result = name == "input" ? "output" : "target";
        int[] numbers = [.. (name == "input" ? fields.Text(name).Split(',') : fields.List(name)).Select(number => Whole(number, name))];
        int target = Whole(fields.Text(result), result);
        string question = Countdown.Prompt(numbers, target, options.CountdownFormat);
        return new TaskProblem { Index = index, Question = question, Prompt = Ask(question, options), Numbers = numbers, Target = target };

        int Whole(string text, string field) =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                ? value
                : throw fields.Wrong(field, "whole numbers");
    }

    private static string Ask(string prompt, ProblemReaderOptions options) =>
        options.PromptFormat == PromptFormat.Messages ? JsonSerializer.Serialize(new[] { new { role = "user", content = prompt } }, Plain) : prompt;

    /// <summary>The fields of a line. Numbers are read as text, whole ones without ".0".</summary>
    private readonly struct Fields(JsonElement line, string location)
    {
        private readonly string _location = line.ValueKind == JsonValueKind.Object
            ? location
            : throw new InvalidDataException($"{location}, is no JSON object.");

        public bool Has(string name) => line.TryGetProperty(name, out _);

        public string Text(string name, bool optional = false)
        {
            if (!line.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
                return optional ? "" : throw Wrong(name, "text or a number");
            return Show(value) ?? throw Wrong(name, "text or a number");
        }

        public string[] List(string name)
        {
            if (!line.TryGetProperty(name, out JsonElement list) || list.ValueKind != JsonValueKind.Array) throw Wrong(name, "a list");
            return [.. list.EnumerateArray().Select(Show).Select(text => text ?? "")];
        }

        public InvalidDataException Wrong(string name, string expected) => new($"{_location}: the field '{name}' is missing or not as expected, {expected}.");

        private static string? Show(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.String => value.GetString(),
            JsonValueKind.Number when value.GetDouble() is var number && number == Math.Truncate(number) && Math.Abs(number) < 1e15 =>
                ((long)number).ToString(CultureInfo.InvariantCulture),
            JsonValueKind.Number => value.GetRawText(),
            _ => null,
        };
    }
}
