using System.CommandLine;
using System.Text.Json.Nodes;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Conversations to prompts.</summary>
internal static class ChatCommand
{
    public static Command Create(Streams streams)
    {
        Option<DirectoryInfo> model = SharedOptions.Model();
        Option<string?> input = SharedOptions.Input(), output = SharedOptions.Output();
        Option<bool> strict = SharedOptions.Strict();
        Option<bool> finished = new("--no-generation-prompt")
        {
            Description = "Without the beginning of the model's answer; a row's \"add_generation_prompt\" goes first.",
        };
        Command command = new("chat", """
            {"messages"} → + {"prompt", "ids"}: the model's own chat template. A row may have "tools", "add_generation_prompt",
            "continue_final_message" and "chat_template_kwargs" (an object: the template's variables) too.

            Example: echo '{"messages": [{"role": "user", "content": "Hi"}]}' | mlnetattn chat --model models/smollm2
            """)
        { model, input, output, strict, finished };
        command.SetAction((parsed, cancellationToken) =>
        {
            Tokenizer tokenizer = Tokenizer.FromPretrained(parsed.GetRequiredValue(model).FullName);
            var pump = new RowPump(streams, parsed.GetValue(input), parsed.GetValue(output), parsed.GetValue(strict), batchSize: 1);
            return Task.FromResult(pump.Run(
                "chat",
                row => tokenizer.ChatTemplate.Render(row.Messages(), row.ChatOptions(addGenerationPrompt: !parsed.GetValue(finished))),
                rows => rows.Select(row => (IEnumerable<JsonObject>)
                [
                    row.Row.With(
                        ("prompt", row.Value),
                        ("ids", JsonText.Numbers(tokenizer.Encode(row.Value, addSpecialTokens: false)))),
                ]),
                cancellationToken));
        });
        return command;
    }
}
