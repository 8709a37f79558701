using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Prompts and responses of rows.</summary>
internal static class ResponseFile
{
    /// <summary>The response of a row as token ids: from response_ids, response, or what generate wrote.</summary>
    /// <exception cref="RowException">There is none, or it is empty.</exception>
    public static int[] Response(InputRow row, CausalLanguageModel model)
    {
        int[] ids = row.Has("response_ids") ? row.Integers("response_ids")
            : row.Has("response") ? model.Tokenizer.Encode(row.Text("response"), addSpecialTokens: false)
            : row.Has("token_ids") ? row.Integers("token_ids")
            : throw new RowException("The row has none of 'response', 'response_ids' and 'token_ids'.");
        return ids.Length > 0 ? ids : throw new RowException("The response is empty.");
    }

    /// <summary>Reads all rows, for work on all of them together.</summary>
    /// <exception cref="InvalidDataException">A row is bad; the message has its line.</exception>
    public static IEnumerable<TokenSequence> Read(CausalLanguageModel model, Streams streams, string? input)
    {
        using StreamReader? file = input is null or "-" ? null : new StreamReader(input);
        TextReader reader = file ?? streams.Input;
        foreach ((long number, string line) in InputRow.Lines(reader)) yield return Parse(model, line, number).Sequence;
    }

    /// <summary>Reads one row.</summary>
    /// <exception cref="InvalidDataException">It is bad; the message has its line.</exception>
    public static (InputRow Row, TokenSequence Sequence) Parse(CausalLanguageModel model, string line, long number)
    {
        try
        {
            InputRow row = InputRow.Parse(number, line);
            return (row, new TokenSequence(row.Prompt(model), Response(row, model)));
        }
        catch (Exception exception) when (exception is RowException or JsonException or ArgumentException or InvalidOperationException)
        {
            throw new InvalidDataException($"Line {number}: {exception.Message}", exception);
        }
    }
}
