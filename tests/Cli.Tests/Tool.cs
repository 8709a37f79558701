using System.Text.Json;

namespace MLNetAttn.Cli.Tests;

/// <summary>The tool as a user calls it, with text for its streams.</summary>
internal static class Tool
{
    public static string Countdown { get; } = Repository.Path("models", "countdown");

    public static string TinyLlama { get; } = Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", "bytelevel-llama3");

    /// <summary>Runs the tool.</summary>
    /// <param name="input">What standard input holds.</param>
    /// <param name="args">The command line.</param>
    public static async Task<(int Code, JsonElement[] Rows, string Errors)> RunAsync(string input, params string[] args)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        int code = await CommandLine.RunAsync(args, new Streams(new StringReader(input), output, errors, IsTerminal: false));
        return (code, Parse(output.ToString()), errors.ToString());
    }

    /// <summary>The rows of JSON lines; a table, or JSON over several lines, is one text.</summary>
    public static JsonElement[] Parse(string lines) => lines.StartsWith("{\"", StringComparison.Ordinal)
        ? [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)]
        : [JsonSerializer.SerializeToElement(lines)];

    public static int[] Integers(this JsonElement row, string name) => [.. row.GetProperty(name).EnumerateArray().Select(item => item.GetInt32())];
}
