using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli;

/// <summary>Annotated rows to a page for people.</summary>
internal static class ReportCommand
{
    public static Command Create(Streams streams)
    {
        Option<string[]> input = new("--input", "-i")
        {
            Description =
                "Annotated rows; -: standard input. Given twice, the second file is compared with the first, row by row (before and after training, or two models).",
            Required = true,
            HelpName = "FILE",
        };
        Option<FileInfo> output = new("--output", "-o") { Description = "The HTML file.", Required = true, HelpName = "FILE" };
        Option<string> title = new("--title") { Description = "Its title.", DefaultValueFactory = _ => "Rhythm of attention" };
        var model = new ModelArguments(
            optional: "Measure the rows anew with this model, for attention maps and the spans of its heads, which annotated rows do not hold.");
        var rhythm = new RhythmArguments();
        var credit = new CreditArguments();
        Option<int> rows = SharedOptions.AtLeast(
            new Option<int>("--rows")
            {
                Description = "The most rows of each file that are shown: the first, or, of a run's samples, some from all over the run.",
                DefaultValueFactory = _ => 50,
                HelpName = "N",
            },
            least: 1);
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
            string[] files = [.. parsed.GetRequiredValue(input).Select(file => file == "-" ? file : Path.GetFullPath(file))];
            if (files.Count(file => file == "-") > 1) throw new ArgumentException("--input is - twice, expected once: standard input is read once.");
            using CausalLanguageModel? loaded = model.LoadIfGiven(parsed);
            var traces = new ReportTraceOptions { Rhythm = rhythm.Read(parsed), Credit = credit.Read(parsed) };
            int errors = 0;
            List<string> left = [];
            var report = new RhythmReport(parsed.GetRequiredValue(title));
            IReadOnlyList<string> names = VariantNames.Of(files);
            foreach ((int place, string file) in files.Index())
            {
                string? variant = files.Length > 1 ? names[place] : null;
                string name = file == "-" ? "Standard input" : $"'{file}'";
                using TextReader reader = Open(file, streams);
                ShownRows shown = ShownRows.Of(reader, parsed.GetValue(rows));
                if (shown.Lines.Count < shown.Count)
                    left.Add(string.Create(CultureInfo.InvariantCulture, $"{shown.Lines.Count} of the {shown.Count} rows of {name}"));
                foreach ((long number, string line) in shown.Lines)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    try
                    {
                        InputRow row = InputRow.Parse(number, line);
                        if (row.IsError) errors++;
                        else report.Add(loaded is null ? AnnotatedRow.Parse(line, variant) : Measure(loaded, row, traces with { Variant = variant }));
                    }
                    catch (Exception exception) when (RowErrors.IsBadRow(exception))
                    {
                        throw new InvalidDataException($"{name}, line {number}: {RowErrors.Describe(exception)}", exception);
                    }
                }
            }
            cancellationToken.ThrowIfCancellationRequested();
            RowErrors.Tell(streams, errors, "left out");
            report.Save(parsed.GetRequiredValue(output).FullName);
            if (left.Count > 0) streams.Errors.WriteLine($"Shown are {string.Join(", and ", left)}; --rows shows more.");
            streams.Errors.WriteLine($"{report.Traces.Count} responses in {parsed.GetRequiredValue(output).FullName}");
            return Task.FromResult(CommandLine.Success);
        });
        return command;
    }

    private static TextReader Open(string file, Streams streams)
    {
        if (file == "-") return streams.Input;
        return Directory.Exists(file)
            ? throw new InvalidDataException(
                $"'{file}' is a folder, expected a file of JSON lines. The folder of a run has its responses in samples.jsonl, and a report in report.html.")
            : new StreamReader(file);
    }

    private static ReportTrace Measure(CausalLanguageModel model, InputRow row, ReportTraceOptions options) =>
        ReportTraces.Create(model, ResponseFile.Sequence(row, model), options with
        {
            Title = row.Has("title") ? row.Text("title") : null,
            Outcome = ReportOutcome.Read(JsonSerializer.SerializeToElement(row.Fields)),
        });
}
