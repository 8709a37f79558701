using System.Text.Json.Nodes;

namespace MLNetAttn.Cli.Tests;

public sealed class RowPumpTests
{
    [Fact]
    public void Bad_rows_have_an_error_in_their_place_and_the_rest_goes_on()
    {
        (int code, string output, string errors) = Run("{\"n\":1}\n\nno json\n[2]\n{\"n\":\"x\"}\n{\"n\":5}\n", strict: false, batchSize: 2);
        code.Should().Be(CommandLine.BadRows);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(5);
        lines[0].Should().Be("""{"n":1,"double":2}""");
        lines[1].Should().StartWith("""{"line":3,"error":"The line is no JSON""");
        lines[2].Should().Be("""{"line":4,"error":"The line is no JSON object."}""");
        lines[3].Should().Be("""{"line":5,"error":"'n' is not a number."}""");
        lines[4].Should().Be("""{"n":5,"double":10}""");
        errors.Should().Contain("Line 3: ").And.Contain("Line 4: ").And.Contain("Line 5: ");
    }

    [Fact]
    public void One_row_that_cannot_be_worked_on_does_not_spoil_its_batch()
    {
        (int code, string output, _) = Run("{\"n\":1}\n{\"n\":13}\n{\"n\":3}\n", strict: false, batchSize: 3);
        code.Should().Be(CommandLine.BadRows);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal(
            """{"n":1,"double":2}""",
            """{"line":2,"error":"13 brings bad luck."}""",
            """{"n":3,"double":6}""");
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    public void What_an_earlier_command_wrote_in_the_place_of_a_bad_row_is_passed_on_as_it_is(bool strict, int written)
    {
        const string error = """{"line":7, "error":"It was bad."}""";
        (int code, string output, string errors) = Run($"{{\"n\":1}}\n{error}\n{{\"n\":3}}\n", strict, batchSize: 3);
        code.Should().Be(CommandLine.BadRows);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(written).And.HaveElementAt(1, error);
        errors.Trim().Should().Be("1 row holds the error of an earlier command, and was passed on.");
    }

    [Fact]
    public void Strict_stops_at_the_first_bad_row()
    {
        (int code, string output, _) = Run("{\"n\":1}\nno json\n{\"n\":3}\n{\"n\":4}\n{\"n\":5}\n", strict: true, batchSize: 2);
        code.Should().Be(CommandLine.BadRows);
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().HaveCount(2).And.StartWith("""{"n":1,"double":2}""");
    }

    [Fact]
    public void No_more_than_a_batch_is_read_ahead()
    {
        using var reader = new CountingReader(10_000);
        using var output = new StringWriter();
        int most = 0;
        var pump = new RowPump(new Streams(reader, output, TextWriter.Null, IsTerminal: false), null, null, strict: false, batchSize: 8);
        int written = 0;
        pump.Run("count", row => row.Number("n"), rows =>
        {
            most = Math.Max(most, reader.Lines - written);
            written += rows.Count;
            return rows.Select(row => (IEnumerable<JsonObject>)[row.Row.With()]);
        }, TestContext.Current.CancellationToken).Should().Be(CommandLine.Success);
        written.Should().Be(10_000);
        most.Should().BeLessThanOrEqualTo(8);
    }

    [Fact]
    public void Finished_rows_stay_when_it_is_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        using var output = new StringWriter();
        var pump = new RowPump(
            new Streams(new StringReader("{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n"), output, TextWriter.Null, IsTerminal: false),
            null, null, strict: false, batchSize: 1);
        FluentActions.Invoking(() => pump.Run("cancel", row => row.Number("n"), rows =>
        {
            if (rows[0].Value == 2) cancel.Cancel();
            return rows.Select(row => (IEnumerable<JsonObject>)[row.Row.With()]);
        }, cancel.Token)).Should().Throw<OperationCanceledException>();
        output.ToString().Should().Be("{\"n\":1}\n{\"n\":2}\n");
    }

    [Theory]
    [InlineData("the same name")]
    [InlineData("a symbolic link")]
    [InlineData("a folder under another name")]
    public void The_input_is_never_written_over(string how)
    {
        using var folder = new TemporaryFolder();
        string file = Path.Combine(folder.Path, "rows.jsonl"), output = how == "the same name" ? file : Path.Combine(folder.Path, "link");
        File.WriteAllText(file, "{\"n\":1}\n");
        if (how == "a symbolic link") File.CreateSymbolicLink(output, file);
        if (how == "a folder under another name") output = Path.Combine(Directory.CreateSymbolicLink(output, folder.Path).FullName, "rows.jsonl");
        var pump = new RowPump(new Streams(TextReader.Null, TextWriter.Null, TextWriter.Null, IsTerminal: false), file, output, strict: false, batchSize: 1);
        FluentActions.Invoking(() => pump.Run("copy", row => row.Number("n"), rows => [], TestContext.Current.CancellationToken))
            .Should().Throw<ArgumentException>().WithMessage("*--output*the input under another name*");
        File.ReadAllText(file).Should().Be("{\"n\":1}\n");
    }

    [Theory]
    [InlineData("""{"n":"\ud800"}""", "*")]
    [InlineData("""{"n":1,"x":"\ud800"}""", "*")]
    [InlineData("""{"n":1,"n":2}""", "*n*")]
    public void Text_that_is_no_unicode_and_names_that_come_twice_are_the_rows_own_fault(string line, string message)
    {
        (int code, string output, _) = Run(line + "\n{\"n\":2}\n", strict: false, batchSize: 2);
        code.Should().Be(CommandLine.BadRows);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(2);
        lines[0].Should().StartWith("""{"line":1,"error":""").And.Match(message);
        lines[1].Should().Be("""{"n":2,"double":4}""");
    }

    [Fact]
    public void The_good_rows_of_a_batch_are_worked_on_together_in_the_end()
    {
        using var output = new StringWriter();
        var pump = new RowPump(
            new Streams(new StringReader("{\"n\":1}\n{\"n\":13}\n{\"n\":3}\n"), output, TextWriter.Null, IsTerminal: false),
            null, null, strict: false, batchSize: 3);
        pump.Run(
            "sum",
            row => row.Number("n"),
            rows => rows.Any(row => row.Value == 13)
                ? throw new ArgumentException("Row 0: 13 brings bad luck.")
                : rows.Select(row => (IEnumerable<JsonObject>)[row.Row.With(("sum", rows.Sum(other => other.Value)))]).ToArray(),
            TestContext.Current.CancellationToken);
        output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal(
            """{"n":1,"sum":4}""",
            """{"line":2,"error":"13 brings bad luck."}""",
            """{"n":3,"sum":4}""");
    }

    private static (int Code, string Output, string Errors) Run(string input, bool strict, int batchSize)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var pump = new RowPump(new Streams(new StringReader(input), output, errors, IsTerminal: false), null, null, strict, batchSize);
        int code = pump.Run("double", row => row.Number("n"), rows => rows.Any(row => row.Value == 13)
            ? throw new ArgumentException("13 brings bad luck.")
            : rows.Select(row => (IEnumerable<JsonObject>)[row.Row.With(("double", 2 * row.Value))]).ToArray(), TestContext.Current.CancellationToken);
        return (code, output.ToString(), errors.ToString());
    }

    /// <summary>Many rows, counted as they are read.</summary>
    private sealed class CountingReader(int count) : TextReader
    {
        public int Lines { get; private set; }

        public override string? ReadLine() => Lines == count ? null : $$"""{"n":{{++Lines}}}""";
    }
}
