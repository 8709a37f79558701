using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

public sealed class RhythmReportTests
{
    [Fact]
    public void Text_from_a_model_cannot_leave_its_place()
    {
        string page = Page(new RhythmReport("<b>&</script>")
            .Add(ReportSamples.Bare)
            .AddNote("<i>", "</script>")
            .Add(new ReportTable("</script>", ["<", ">"], [["<!--", "-->"]]))
            .Add(new TrainingCurve("</script>", "<!--", [1], [double.NaN])));
        // The page's own tags and no others: one script that runs, elements of data, and none that the text has.
        Regex.Count(page, "<script", RegexOptions.IgnoreCase).Should().Be(Regex.Count(page, "</script>", RegexOptions.IgnoreCase)).And.Be(3);
        Regex.Count(page, "<script>", RegexOptions.IgnoreCase).Should().Be(1);
        page.Should().NotContain("<!--").And.NotContain("onerror=alert(1)>").And.Contain("<title>&lt;b&gt;&amp;&lt;/script&gt;</title>");
        JsonElement trace = Data(page, "trace-0");
        trace.GetProperty("response").EnumerateArray().Select(token => token.GetString())
            .Should().Equal(ReportSamples.Hostile.Select(text => text == "\ud83d" ? "\ufffd" : text));
        Data(page, "report").GetProperty("tables")[0].GetProperty("rows")[0][0].GetString().Should().Be("<!--");
    }

    [Fact]
    public void Only_the_pages_own_script_and_style_may_run_and_nothing_is_loaded()
    {
        string page = Page(new RhythmReport().Add(ReportSamples.Synthetic(5, 40)));
        page.Should().MatchRegex("default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'").And.NotContain("unsafe-");
        Regex.Matches(page, @"https?://[^""'\s<]+").Select(match => match.Value).Should().BeEmpty();
        Regex.IsMatch(page, @"<[^>]+\s(style|on\w+)=", RegexOptions.IgnoreCase).Should().BeFalse();
    }

    [Fact]
    public void Undefined_values_are_null_and_what_is_not_known_is_not_there()
    {
        string page = Page(new RhythmReport().Add(ReportSamples.Bare).Add(ReportSamples.Synthetic(5, 40)));
        JsonElement bare = Data(page, "trace-0"), full = Data(page, "trace-1");
        bare.GetProperty("series").EnumerateObject().Select(series => series.Name).Should().Equal("waad");
        bare.GetProperty("series").GetProperty("waad")[2].ValueKind.Should().Be(JsonValueKind.Null);
        foreach (string name in (string[])["roles", "outcome"]) bare.TryGetProperty(name, out _).Should().BeFalse();
        full.GetProperty("series").GetProperty("fai").EnumerateArray().TakeLast(10).Should().OnlyContain(value => value.ValueKind == JsonValueKind.Null);
        full.GetProperty("peaks").GetProperty("fai").GetArrayLength().Should().BePositive();
        full.GetProperty("maps").GetArrayLength().Should().Be(2);
    }

    [Fact]
    public void What_became_of_a_response_is_there_by_the_names_of_rows()
    {
        ReportOutcome outcome = new() { Step = 4, Reward = 0.5f, Advantage = float.NaN, FinishReason = MLNetAttn.Modeling.FinishReason.StopString };
        Data(Page(new RhythmReport().Add(new ReportTrace { ResponseTokens = ["x"], Outcome = outcome })), "trace-0")
            .GetProperty("outcome").GetRawText().Should().Be("""{"step":4,"reward":0.5,"finish_reason":"stop_string"}""");
    }

    [Fact]
    public void Responses_to_one_prompt_are_told_apart_before_they_are_shown()
    {
        ReportTrace Of(string? variant, ReportOutcome? outcome) => new() { PromptTokens = ["p"], ResponseTokens = ["x"], Variant = variant, Outcome = outcome };
        JsonElement traces = Data(
            Page(new RhythmReport().Add(
                Of(null, new() { Step = 25, Reward = 0.1234f }),
                Of("before", new() { Reward = 0 }),
                Of("after", new() { Reward = 1 }),
                Of(null, new() { Step = 50, Reward = float.NaN }),
                Of(null, null))),
            "report").GetProperty("traces");
        traces.EnumerateArray()
            .Select(group => group.TryGetProperty("summary", out JsonElement summary) ? summary.GetString() : null)
            .Should().Equal("step 25, reward 0.123", "reward 0 → 1", "step 50", null);
    }

    [Fact]
    public void Variants_of_a_prompt_are_put_together()
    {
        ReportTrace Of(string prompt, string? variant) => new() { PromptTokens = [prompt], ResponseTokens = ["x"], Variant = variant };
        JsonElement traces = Data(
            Page(new RhythmReport().Add(Of("p", "a"), Of("q", "a"), Of("p", "b"), Of("p", null), Of("p", "a"), Of("p", "b"))),
            "report").GetProperty("traces");
        traces.EnumerateArray()
            .Select(group => string.Join(' ', group.GetProperty("variants").EnumerateArray().Select(variant => variant.GetProperty("id").GetInt32())))
            .Should().Equal("0 2", "1", "3", "4 5");
    }

    [Fact]
    public void Rows_without_the_text_of_a_prompt_are_compared_with_those_of_the_same_prompt_in_any_order_and_unknown_ones_with_none()
    {
        ReportTrace[] traces =
        [
            .. new[] { ("before", """, "messages": [{"content": "x"}]"""), ("before", """, "messages": [{"content": "y"}]"""), ("before", ""), ("before", """, "prompt_ids": [3]""") }
                .Concat([("after", """, "messages": [{"content": "y"}]"""), ("after", ""), ("after", """, "prompt_ids": [3]"""), ("after", """, "messages": [{"content": "x"}]""")])
                .Select(row => AnnotatedRow.Parse($$"""{"tokens": ["a"]{{row.Item2}}}""", row.Item1)),
        ];
        Variants(new RhythmReport().Add(traces)).Should().Equal("0 7", "1 4", "2", "3 6", "5");
        ReportTrace Titled(string? title, string variant) => new() { Title = title, Variant = variant, ResponseTokens = ["x"] };
        Variants(new RhythmReport().Add(Titled("t", "a"), Titled("u", "a"), Titled("u", "b"), Titled(null, "a"), Titled(null, "b")))
            .Should().Equal("0", "1 2", "3", "4");
    }

    [Fact]
    public void Two_thousand_tokens_with_two_maps_fit_into_three_megabytes()
    {
        using var stream = new MemoryStream();
        new RhythmReport().Add(ReportSamples.Synthetic(200, 1800)).Write(stream);
        stream.Length.Should().BeLessThan(3_000_000);
    }

    [Fact]
    public void A_report_that_cannot_be_written_leaves_the_old_one_and_no_other_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("sub/report.html");
        new RhythmReport().Add(ReportSamples.Bare).Save(path);
        byte[] before = File.ReadAllBytes(path);
        FluentActions.Invoking(() => ReportFile.Write(path, stream => { stream.WriteByte(1); throw new IOException("full"); }))
            .Should().Throw<IOException>().WithMessage("full");
        File.ReadAllBytes(path).Should().Equal(before);
        Directory.GetFiles(Path.GetDirectoryName(path)!).Should().Equal(path);
    }

    [Fact]
    public void What_does_not_fit_is_refused_when_it_is_added()
    {
        var report = new RhythmReport();
        FluentActions.Invoking(() => report.Add(new ReportTrace { ResponseTokens = ["a"], Fai = [] })).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => report.Add(new ReportTable("T", ["a"], [["1", "2"]])))
            .Should().Throw<ArgumentException>().WithMessage("Table 'T': row 0 has 2 cells, expected 1*");
        FluentActions.Invoking(() => new RhythmReport(" ")).Should().Throw<ArgumentException>();
        report.Traces.Should().BeEmpty();
    }

    /// <summary>The traces that are compared with each other.</summary>
    private static IEnumerable<string> Variants(RhythmReport report) => Data(Page(report), "report").GetProperty("traces").EnumerateArray()
        .Select(group => string.Join(' ', group.GetProperty("variants").EnumerateArray().Select(variant => variant.GetProperty("id").GetInt32())));

    private static string Page(RhythmReport report)
    {
        using var stream = new MemoryStream();
        report.Write(stream);
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonElement Data(string page, string id) =>
        JsonDocument
            .Parse(Regex.Match(page, $"<script type=\"application/json\" id=\"{id}\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value)
            .RootElement;
}
