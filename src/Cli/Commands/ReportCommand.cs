using System.CommandLine;
using System.Text.Json;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>Annotated rows to a page for people.</summary>
internal static class ReportCommand
{
    public static Command Create(Streams streams)
    {
        Option<FileInfo[]> input = new("--input", "-i")
        {
            Description = "Annotated rows; given twice, the second file is compared with the first, row by row (before and after training, or two models).",
            Required = true,
            HelpName = "FILE",
        };
        Option<FileInfo> output = new("--output", "-o") { Description = "The HTML file.", Required = true, HelpName = "FILE" };
        Option<string> title = new("--title") { Description = "Its title.", DefaultValueFactory = _ => "Rhythm of attention" };
        Option<DirectoryInfo?> model = new("--model", "-m")
        {
            Description = "Measure the rows anew with this model, for attention maps and the spans of its heads, which annotated rows do not hold.",
            HelpName = "DIR",
        };
        var rhythm = new RhythmArguments();
        Option<int> rows = new("--rows") { Description = "The most rows of each file that are shown.", DefaultValueFactory = _ => 50 };
        Command command = new("report", """
            Rows of annotate → one HTML file that needs nothing else. How WAAD and FAI are measured counts with --model only: annotated rows have them.

            Example: mlnetattn report --input annotated.jsonl --output report.html
            """)
        { input, output, title, rows, model };
        rhythm.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            FileInfo[] files = parsed.GetRequiredValue(input);
            using CausalLanguageModel? loaded = parsed.GetValue(model) is { } folder ? CausalLanguageModel.FromPretrained(folder.FullName) : null;
            var report = new RhythmReport(parsed.GetRequiredValue(title));
            IReadOnlyList<string> names = VariantNames.Of([.. files.Select(file => file.FullName)]);
            foreach ((int place, FileInfo file) in files.Index())
            {
                string? variant = files.Length > 1 ? names[place] : null;
                foreach ((int number, string line) in File.ReadLines(file.FullName).Index()
                    .Where(line => !string.IsNullOrWhiteSpace(line.Item))
                    .Take(parsed.GetValue(rows)))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    try
                    {
                        report.Add(loaded is null ? AnnotatedRow.Parse(line, variant) : Measure(loaded, line, number + 1, variant, rhythm.Read(parsed)));
                    }
                    catch (Exception exception) when (exception is FormatException or InvalidOperationException or ArithmeticException)
                    {
                        throw new InvalidDataException($"{file.FullName}, line {number + 1}: {exception.Message}", exception);
                    }
                }
            }
            cancellationToken.ThrowIfCancellationRequested();
            report.Save(parsed.GetRequiredValue(output).FullName);
            streams.Errors.WriteLine($"{report.Traces.Count} responses in {parsed.GetRequiredValue(output).FullName}");
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }

    private static ReportTrace Measure(CausalLanguageModel model, string line, int number, string? variant, RhythmOptions rhythm)
    {
        (InputRow row, TokenSequence sequence) = ResponseFile.Parse(model, line, number);
        return ReportTraces.Create(model, sequence, new ReportTraceOptions
        {
            Title = row.Has("title") ? row.Text("title") : null,
            Variant = variant,
            Outcome = ReportOutcome.Read(JsonSerializer.SerializeToElement(row.Fields)),
            Rhythm = rhythm,
        });
    }
}
