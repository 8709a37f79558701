using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Prompts and responses of rows.</summary>
internal static class ResponseFile
{
    private static readonly string[] Names = ["response_ids", "token_ids", "response", "text"];

    /// <summary>Prompt and response of a row as token ids. The response is in response_ids or token_ids, which generate and a run's samples have; else its text
    /// is in response or text, which lacks what ended it.</summary>
    /// <exception cref="RowException">There is none, or it is empty.</exception>
    public static TokenSequence Sequence(InputRow row, CausalLanguageModel model)
    {
        string name = Array.Find(Names, row.Has)
            ?? throw new RowException("The row has none of 'response', 'text', 'response_ids' and 'token_ids'.");
        int[] ids = name.EndsWith("_ids", StringComparison.Ordinal) ? row.Integers(name) : model.Tokenizer.Encode(row.Text(name), addSpecialTokens: false);
        return new TokenSequence(row.Prompt(model), ids.Length > 0 ? ids : throw new RowException("The response is empty."));
    }

    /// <summary>Reads all rows, for work on all of them together, but those in whose place an earlier command wrote an error.</summary>
    /// <exception cref="InvalidDataException">A row is bad; the message has its line.</exception>
    public static IEnumerable<TokenSequence> Read(CausalLanguageModel model, Streams streams, string? input)
    {
        using StreamReader? file = input is null or "-" ? null : new StreamReader(input);
        int errors = 0;
        foreach ((long number, string line) in InputRow.Lines(file ?? streams.Input))
        {
            if (Parse(model, line, number) is { } sequence) yield return sequence;
            else errors++;
        }
        TellErrors(streams, errors);
    }

    /// <summary>Whether an error says that a row is bad.</summary>
    public static bool IsBadRow(Exception exception) =>
        exception is RowException or JsonException or FormatException or ArgumentException or InvalidOperationException or ArithmeticException;

    /// <summary>Tells how many rows were no rows.</summary>
    public static void TellErrors(Streams streams, int errors)
    {
        if (errors > 0) streams.Errors.WriteLine(FormattableString.Invariant($"{errors} rows hold the error of an earlier command, and were left out."));
    }

    /// <summary>Reads one row; null where it holds an error.</summary>
    private static TokenSequence? Parse(CausalLanguageModel model, string line, long number)
    {
        try
        {
            InputRow row = InputRow.Parse(number, line);
            return row.IsError ? null : Sequence(row, model);
        }
        catch (Exception exception) when (IsBadRow(exception))
        {
            throw new InvalidDataException($"Line {number}: {JsonErrors.DescribeLine(exception)}", exception);
        }
    }
}
