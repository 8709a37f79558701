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
        var model = new ModelArguments(
            optional: "Measure the rows anew with this model, for attention maps and the spans of its heads, which annotated rows do not hold.");
        var rhythm = new RhythmArguments();
        var credit = new CreditArguments();
        Option<int> rows = new("--rows") { Description = "The most rows of each file that are shown.", DefaultValueFactory = _ => 50 };
        Command command = new("report", """
            Rows of annotate → one HTML file that needs nothing else. Rows in whose place annotate wrote an error are left out.

            How WAAD, FAI and credit are measured counts with --model only, which needs what annotate was told: annotated rows have them.

            Example: mlnetattn report --input annotated.jsonl --output report.html
            """)
        { input, output, title, rows };
        model.AddTo(command);
        rhythm.AddTo(command);
        credit.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            FileInfo[] files = parsed.GetRequiredValue(input);
            using CausalLanguageModel? loaded = model.LoadIfGiven(parsed);
            var traces = new ReportTraceOptions { Rhythm = rhythm.Read(parsed), Credit = credit.Read(parsed) };
            int errors = 0;
            var report = new RhythmReport(parsed.GetRequiredValue(title));
            IReadOnlyList<string> names = VariantNames.Of([.. files.Select(file => file.FullName)]);
            foreach ((int place, FileInfo file) in files.Index())
            {
                string? variant = files.Length > 1 ? names[place] : null;
                if (Directory.Exists(file.FullName))
                    throw new InvalidDataException(
                        $"'{file.FullName}' is a folder, expected a file of JSON lines. The folder of a run has its responses in samples.jsonl, and a report in report.html.");
                using var reader = new StreamReader(file.FullName);
                foreach ((long number, string line) in InputRow.Lines(reader).Take(parsed.GetValue(rows)))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    try
                    {
                        InputRow row = InputRow.Parse(number, line);
                        if (row.IsError) errors++;
                        else report.Add(loaded is null ? AnnotatedRow.Parse(line, variant) : Measure(loaded, row, traces with { Variant = variant }));
                    }
                    catch (Exception exception) when (ResponseFile.IsBadRow(exception))
                    {
                        throw new InvalidDataException($"'{file.FullName}', line {number}: {exception.Message}", exception);
                    }
                }
            }
            cancellationToken.ThrowIfCancellationRequested();
            ResponseFile.TellErrors(streams, errors);
            report.Save(parsed.GetRequiredValue(output).FullName);
            streams.Errors.WriteLine($"{report.Traces.Count} responses in {parsed.GetRequiredValue(output).FullName}");
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }

    private static ReportTrace Measure(CausalLanguageModel model, InputRow row, ReportTraceOptions options) =>
        ReportTraces.Create(model, ResponseFile.Sequence(row, model), options with
        {
            Title = row.Has("title") ? row.Text("title") : null,
            Outcome = ReportOutcome.Read(JsonSerializer.SerializeToElement(row.Fields)),
        });
}
