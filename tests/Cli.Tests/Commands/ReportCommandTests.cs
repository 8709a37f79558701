using System.Text.Json;
using System.Text.RegularExpressions;

namespace MLNetAttn.Cli.Tests;

public sealed class ReportCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Files_of_one_name_are_compared_under_names_that_differ()
    {
        string report = _folder.File("report.html"),
            row = """{"step": 3, "prompt": "p", "tokens": ["a"], "credit": [1.5], "reward": 1, "advantage": 0.5, "finish_reason": "length"}""";
        (int code, _, string errors) = await Tool.RunAsync("", "report", "-i", Rows("full", row), "-i", Rows("two", row), "-o", report);
        code.Should().Be(0, errors);
        string page = await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken);
        JsonElement group = Data(page, "report").GetProperty("traces").EnumerateArray().Should().ContainSingle("both answer one prompt").Subject;
        group.GetProperty("variants").EnumerateArray().Select(variant => variant.GetProperty("name").GetString()).Should().Equal("full/samples", "two/samples");
        Data(page, "trace-0").GetProperty("outcome").GetRawText().Should().Be("""{"step":3,"reward":1,"advantage":0.5,"finish_reason":"length"}""");
    }

    [Fact]
    public async Task Rows_that_are_measured_anew_keep_what_became_of_them()
    {
        string report = _folder.File("report.html"),
            rows = Rows(
                "run",
                """{"step": 3, "prompt": "numbers 1 5 7 target 11 :", "response": "try 7 + 5", "reward": 0, "finish_reason": "length"}""");
        (int code, _, string errors) = await Tool.RunAsync("", "report", "-i", rows, "-o", report, "-m", Tool.Countdown);
        code.Should().Be(0, errors);
        JsonElement trace = Data(await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken), "trace-0");
        trace.GetProperty("outcome").GetRawText().Should().Be("""{"step":3,"reward":0,"finish_reason":"length"}""");
        trace.GetProperty("prompt_length").GetInt32().Should().Be(trace.GetProperty("prompt").GetArrayLength());
    }

    [Fact]
    public async Task The_folder_of_a_run_is_told_where_its_responses_are()
    {
        (int code, _, string errors) = await Tool.RunAsync("", "report", "-i", Path.GetDirectoryName(Rows("run", "{}"))!, "-o", _folder.File("report.html"));
        code.Should().Be(1);
        errors.Should().Contain("is a folder").And.Contain("samples.jsonl");
    }

    [Fact]
    public async Task Rows_that_there_is_no_room_for_are_told_of_and_an_empty_report_takes_no_place()
    {
        string report = _folder.File("report.html"),
            rows = Rows("run", string.Join('\n', Enumerable.Range(1, 9).Select(step => $$"""{"step": {{step}}, "tokens": ["a"]}""")));
        (int code, _, string errors) = await Tool.RunAsync("", "report", "-i", rows, "-o", report, "--rows", "3");
        code.Should().Be(0, errors);
        errors.Should().Contain($"Shown are 3 of the 9 rows of '{rows}'; --rows shows more.").And.Contain("3 responses in");
        foreach (string none in (string[])["0", "-1"])
        {
            (code, _, errors) = await Tool.RunAsync("", "report", "-i", rows, "-o", report, "--rows", none);
            code.Should().Be(CommandLine.Failure);
            errors.Should().Contain($"--rows is {none}, expected 1 or more.");
        }
        (await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken)).Should().Contain("trace-2");
        (code, _, errors) = await Tool.RunAsync("""{"tokens": ["a"]}""", "report", "-i", "-", "-o", report);
        code.Should().Be(0, errors);
        errors.Should().Contain("1 responses in");
    }

    private string Rows(string folder, string row)
    {
        string path = Path.Combine(Directory.CreateDirectory(_folder.File(folder)).FullName, "samples.jsonl");
        File.WriteAllText(path, row + "\n");
        return path;
    }

    private static JsonElement Data(string page, string id) => JsonDocument
        .Parse(Regex.Match(page, $"<script type=\"application/json\" id=\"{id}\">(.*?)</script>", RegexOptions.Singleline).Groups[1].Value)
        .RootElement;
}
