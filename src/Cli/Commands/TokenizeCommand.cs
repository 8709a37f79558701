using System.CommandLine;
using System.Text.Json.Nodes;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Text to tokens.</summary>
internal static class TokenizeCommand
{
    public static Command Create(Streams streams)
    {
        Option<DirectoryInfo> model = SharedOptions.Model();
        Option<string?> input = SharedOptions.Input(), output = SharedOptions.Output();
        Option<bool> strict = SharedOptions.Strict();
        Option<bool> plain = new("--no-special-tokens") { Description = "Without the special tokens that the tokenizer puts around a text." };
        Command command = new("tokenize", """
            {"text"} → + {"ids", "tokens", "offsets", "decoded"}; offsets are UTF-16 units of the text.

            Example: echo '{"text": "Hello"}' | mlnetattn tokenize --model models/smollm2
            """)
        { model, input, output, strict, plain };
        command.SetAction((parsed, cancellationToken) =>
        {
            Tokenizer tokenizer = Tokenizer.FromPretrained(parsed.GetRequiredValue(model).FullName);
            var pump = new RowPump(streams, parsed.GetValue(input), parsed.GetValue(output), parsed.GetValue(strict), batchSize: 1);
            return Task.FromResult(pump.Run(
                "tokenize",
                row => row.Text("text"),
                rows => rows.Select(row => (IEnumerable<JsonObject>)[Row(row.Row, row.Value)]),
                cancellationToken));

            JsonObject Row(InputRow row, string text)
            {
                TokenEncoding encoding = tokenizer.EncodeWithOffsets(text, addSpecialTokens: !parsed.GetValue(plain));
                return row.With(
                    ("ids", JsonText.Numbers(encoding.Ids)),
                    ("tokens", JsonText.Texts(encoding.Tokens)),
                    ("offsets", new JsonArray([.. encoding.Offsets.Select(range => (JsonNode)new JsonArray(range.Start, range.End))])),
                    ("decoded", tokenizer.Decode([.. encoding.Ids])));
            }
        });
        return command;
    }
}
