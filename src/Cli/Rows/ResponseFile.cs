using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Prompts and responses of rows.</summary>
internal static class ResponseFile
{
    private static readonly string[] Names = ["response_ids", "token_ids", "response", "text"];

    /// <summary>Where a row has its response, and whether as token ids; null where it has none.</summary>
    public static (string Name, bool IsIds)? Find(InputRow row) =>
        Array.Find(Names, row.Has) is { } name ? (name, name.EndsWith("_ids", StringComparison.Ordinal)) : null;

    /// <summary>Prompt and response of a row as token ids. The response is in response_ids or token_ids, which generate and a run's samples have; else its text
    /// is in response or text, which lacks what ended it.</summary>
    /// <exception cref="RowException">There is none, or it is empty.</exception>
    public static TokenSequence Sequence(InputRow row, CausalLanguageModel model)
    {
        (string name, bool isIds) = Find(row)
            ?? throw new RowException("The row has none of 'response', 'text', 'response_ids' and 'token_ids'.");
        int[] ids = isIds ? row.Integers(name) : model.Tokenizer.Encode(row.Text(name), addSpecialTokens: false);
        return new TokenSequence(row.Prompt(model), ids.Length > 0 ? ids : throw new RowException("The response is empty."));
    }

    /// <summary>Reads all rows, for work on all of them together, but those in whose place an earlier command wrote an error.</summary>
    /// <param name="model">Reads text.</param>
    /// <param name="streams">Where rows come from without a file, and people read.</param>
    /// <param name="title">What is done, for the progress.</param>
    /// <param name="input">The file; null or - = the input stream.</param>
    /// <param name="work">Done for each row, as it is read.</param>
    /// <param name="cancellationToken">Ends it between two rows.</param>
    /// <exception cref="InvalidDataException">A row is bad, or the work on it finds that it is; the message has its line.</exception>
    public static IReadOnlyList<T> Read<T>(
        CausalLanguageModel model, Streams streams, string title, string? input, Func<TokenSequence, T> work, CancellationToken cancellationToken)
    {
        using FileStream? file = input is null or "-" ? null : File.OpenRead(input);
        TextReader reader = file is null ? streams.Input : new StreamReader(file);
        int errors = 0;
        List<T> results = [];
        RowProgress.Show(streams, title, file, progress =>
        {
            foreach ((long number, string line) in InputRow.Lines(reader))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    InputRow row = InputRow.Parse(number, line);
                    if (row.IsError) errors++;
                    else results.Add(work(Sequence(row, model)));
                }
                catch (Exception exception) when (RowErrors.IsBadRow(exception))
                {
                    throw new InvalidDataException($"Line {number}: {RowErrors.Describe(exception)}", exception);
                }
                progress();
            }
        });
        RowErrors.Tell(streams, errors, "left out");
        return results;
    }
}
