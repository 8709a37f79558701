using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli.Tests;

public sealed class CommandLineTests
{
    private const string Problems = """
        {"id": "a", "prompt": "numbers 1 5 7 target 11 :", "numbers": [1, 5, 7], "target": 11}
        {"id": "b", "prompt": "numbers 2 3 9 target 14 :", "numbers": [2, 3, 9], "target": 14}
        {"id": "c", "prompt_ids": [3, 21, 25, 27, 4, 31, 5], "numbers": [1, 5, 7], "target": 11}
        """;

    [Fact]
    public async Task Tokenize_gives_ids_tokens_offsets_and_the_text_again()
    {
        (int code, JsonElement[] rows, _) = await Tool.RunAsync(
            """{"id": 7, "text": "Twelve 😀"}""", "tokenize", "--model", Tool.TinyLlama, "--no-special-tokens");
        code.Should().Be(0);
        rows[0].GetProperty("id").GetInt32().Should().Be(7, "fields of the row stay");
        rows[0].GetProperty("decoded").GetString().Should().Be("Twelve 😀");
        rows[0].GetProperty("offsets")[0].EnumerateArray().Select(end => end.GetInt32()).First().Should().Be(0);
        rows[0].Integers("ids").Should().HaveSameCount(rows[0].GetProperty("tokens").EnumerateArray().ToArray());
    }

    [Fact]
    public async Task Generate_annotate_score_and_report_follow_each_other()
    {
        using var folder = new TemporaryFolder();
        string problems = Path.Combine(folder.Path, "problems.jsonl"),
            answers = Path.Combine(folder.Path, "answers.jsonl"),
            annotated = Path.Combine(folder.Path, "annotated.jsonl"),
            report = Path.Combine(folder.Path, "report.html");
        await File.WriteAllTextAsync(problems, Problems, TestContext.Current.CancellationToken);

        (await Tool.RunAsync("", "generate", "-m", Tool.Countdown, "-i", problems, "-o", answers, "--temperature", "0", "--max-new-tokens", "96"))
            .Code.Should().Be(0);
        JsonElement[] generated = Tool.Parse(await File.ReadAllTextAsync(answers, TestContext.Current.CancellationToken));
        generated.Select(row => row.GetProperty("id").GetString()).Should().Equal("a", "b", "c");
        generated[2].GetProperty("text").GetString().Should().Be(generated[0].GetProperty("text").GetString(), "its ids are the first prompt");
        generated.Should().OnlyContain(row => row.GetProperty("token_ids").GetArrayLength() == row.GetProperty("log_probs").GetArrayLength());
        generated.Select(row => row.GetProperty("finish_reason").GetString()).Should().BeSubsetOf(["stop_token", "length"]);

        (await Tool.RunAsync(
            "", "annotate", "-m", Tool.Countdown, "-i", answers, "-o", annotated,
            "--receivers", "--min-horizon", "4", "--max-horizon", "40"))
            .Code.Should().Be(0);
        JsonElement row = Tool.Parse(await File.ReadAllTextAsync(annotated, TestContext.Current.CancellationToken))[0];
        int tokens = row.GetProperty("token_ids").GetArrayLength();
        foreach (string name in (string[])["tokens", "waad", "fai", "entropy", "log_probs", "receiver_fai", "credit", "role"])
            row.GetProperty(name).GetArrayLength().Should().Be(tokens, name);
        row.GetProperty("fai")[tokens - 1].ValueKind.Should().Be(JsonValueKind.Null, "nothing follows the last token");
        row.GetProperty("layers").GetArrayLength().Should().BePositive();
        row.GetProperty("local_heads")[0].GetArrayLength().Should().Be(2);

        (int code, JsonElement[] scored, _) = await Tool.RunAsync(
            await File.ReadAllTextAsync(answers, TestContext.Current.CancellationToken), "score", "--task", "countdown");
        code.Should().Be(0);
        scored.Select(answer => answer.GetProperty("reward").GetSingle()).Should().OnlyContain(reward => reward == 0 || reward == 1);

        (await Tool.RunAsync("", "report", "-i", annotated, "-o", report)).Code.Should().Be(0);
        (await File.ReadAllTextAsync(report, TestContext.Current.CancellationToken)).Should().Contain("<html").And.NotContain("src=\"http");

        // With the model there are maps too, which take room.
        long before = new FileInfo(report).Length;
        (await Tool.RunAsync("", "report", "-i", annotated, "-o", report, "-m", Tool.Countdown, "--min-horizon", "4")).Code.Should().Be(0);
        new FileInfo(report).Length.Should().BeGreaterThan(before + 10_000);
    }

    [Fact]
    public async Task A_row_is_sampled_alike_in_batches_of_any_size()
    {
        string[] sample = ["generate", "-m", Tool.Countdown, "--seed", "5", "--samples", "2", "--max-new-tokens", "20", "--batch-size"];
        (_, JsonElement[] one, _) = await Tool.RunAsync(Problems, [.. sample, "1"]);
        (_, JsonElement[] all, _) = await Tool.RunAsync(Problems, [.. sample, "16"]);
        one.Should().HaveCount(6);
        all.Select(row => row.GetProperty("text").GetString()).Should().Equal(one.Select(row => row.GetProperty("text").GetString()));
        all.Select(row => row.GetProperty("sample").GetInt32()).Should().Equal(0, 1, 0, 1, 0, 1);
    }

    [Fact]
    public async Task Math_answers_are_compared_as_numbers()
    {
        (int code, JsonElement[] rows, string errors) = await Tool.RunAsync(
            """
            {"response": "So it is \\boxed{\\frac{1}{2}}.", "answer": "0.5"}
            {"response": "The answer is 7.", "answer": "8"}
            {"response": "7"}
            {"response": "7", "answer": 7}
            {"text": "7.0", "gold": "7"}
            {"response": "7", "answer": [7]}
            """, "score", "--task", "math");
        code.Should().Be(CommandLine.BadRows);
        rows[0].GetProperty("reward").GetSingle().Should().Be(1);
        rows[1].GetProperty("reward").GetSingle().Should().Be(0);
        rows[2].GetProperty("error").GetString().Should().Be("The row has no 'answer', expected text or a number.");
        rows[3].GetProperty("reward").GetSingle().Should().Be(1);
        rows[4].GetProperty("reward").GetSingle().Should().Be(1);
        rows[5].GetProperty("error").GetString().Should().Be("'answer' is not text or a number.");
        errors.Should().Contain("Line 3");
    }

    [Fact]
    public async Task Countdown_is_scored_in_either_format_under_either_name()
    {
        (int code, JsonElement[] rows, string errors) = await Tool.RunAsync(
            """{"response": "<answer> 7 + 5 - 1 </answer>", "nums": [1, 5, 7], "target": 11}""",
            "score", "--task", "countdown", "--countdown-format", "TinyZero");
        code.Should().Be(0, errors);
        rows[0].GetProperty("reward").GetSingle().Should().Be(1);
    }

    [Fact]
    public async Task Rows_of_one_prompt_are_answered_each_otherwise_whatever_the_seed()
    {
        string same = string.Join('\n', Enumerable.Repeat("""{"prompt": "numbers 1 5 7 target 11 :"}""", 3));
        var answers = new HashSet<string>();
        foreach (string seed in (string[])["0", "1", "2"])
        {
            (_, JsonElement[] rows, _) = await Tool.RunAsync(same, "generate", "-m", Tool.Countdown, "--seed", seed, "--max-new-tokens", "40");
            foreach (JsonElement row in rows) answers.Add(row.GetProperty("token_ids").GetRawText());
        }
        answers.Should().HaveCount(9, "neighbouring seeds give neighbouring lines other numbers");
    }

    [Fact]
    public async Task Token_ids_go_before_text_and_rows_that_hold_an_error_are_left_out()
    {
        string rows = """
            {"prompt": "numbers 1 5 7 target 11 :", "response": "try", "token_ids": [6, 7, 8, 1]}
            {"prompt": "numbers 1 5 7 target 11 :", "text": "try 7 + 5"}
            {"line": 3, "error": "The line is no JSON object."}
            """;
        (int code, JsonElement[] annotated, _) = await Tool.RunAsync(rows, "annotate", "-m", Tool.Countdown, "--min-horizon", "1");
        code.Should().Be(CommandLine.BadRows);
        annotated[0].Integers("token_ids").Should().Equal(6, 7, 8, 1);
        annotated[1].GetProperty("tokens").GetArrayLength().Should().Be(4);

        using var folder = new TemporaryFolder();
        string file = folder.File("annotated.jsonl"), report = folder.File("report.html");
        await File.WriteAllLinesAsync(file, annotated.Select(row => row.GetRawText()), TestContext.Current.CancellationToken);
        foreach (string[] model in (string[][])[[], ["--model", Tool.Countdown, "--min-horizon", "1", "--credit", "Global", "--dtype", "bfloat16"]])
        {
            (int written, _, string told) = await Tool.RunAsync("", ["report", "-i", file, "-o", report, .. model]);
            written.Should().Be(0, told);
            told.Should().Contain("1 row holds the error of an earlier command").And.Contain("2 responses in");
        }
        await File.AppendAllTextAsync(file, "{\"tokens\": 3}\n", TestContext.Current.CancellationToken);
        foreach (string[] model in (string[][])[[], ["--model", Tool.Countdown]])
        {
            (int bad, _, string why) = await Tool.RunAsync("", ["report", "-i", file, "-o", report, .. model]);
            bad.Should().Be(CommandLine.Failure);
            why.Should().StartWith($"'{file}', line 4: ");
        }
        (int analysed, _, string left) = await Tool.RunAsync(
            string.Join('\n', annotated.Select(row => row.GetRawText())), "analyse", "coupling", "-m", Tool.Countdown);
        analysed.Should().Be(0, left);
        left.Should().Contain("1 row holds the error");
    }

    [Fact]
    public async Task An_adapter_stands_on_its_model()
    {
        using var folder = new TemporaryFolder();
        using (CausalLanguageModel start = CausalLanguageModel.FromPretrained(Tool.Countdown))
        using (CausalLanguageModel tuned = start.WithAdapter(new LoraOptions()))
        {
            using (TorchSharp.torch.no_grad())
                foreach ((string name, TorchSharp.torch.Tensor matrix) in tuned.AdapterParameters)
                    if (name.Contains("lora_B", StringComparison.Ordinal)) matrix.fill_(0.2);
            tuned.SaveAdapter(folder.Path);
        }
        string[] generate = ["generate", "--model", Tool.Countdown, "--temperature", "0", "--max-new-tokens", "8"];
        (_, JsonElement[] plain, _) = await Tool.RunAsync(Problems, generate);
        (int code, JsonElement[] adapted, string errors) = await Tool.RunAsync(Problems, [.. generate, "--adapter", folder.Path]);
        code.Should().Be(0, errors);
        adapted[0].GetProperty("token_ids").GetRawText().Should().NotBe(plain[0].GetProperty("token_ids").GetRawText());

        (code, _, errors) = await Tool.RunAsync(Problems, "generate", "--model", folder.Path);
        code.Should().Be(CommandLine.Failure);
        errors.Should().Contain("holds an adapter without its base model").And.Contain("--adapter");
        (code, _, errors) = await Tool.RunAsync("", "report", "-i", "x.jsonl", "-o", "x.html", "--adapter", folder.Path);
        code.Should().Be(CommandLine.Failure);
        errors.Should().Contain("--adapter needs --model");
    }

    [Fact]
    public async Task Statistics_are_a_table_or_json()
    {
        (_, JsonElement[] answers, _) = await Tool.RunAsync(Problems, "generate", "-m", Tool.Countdown, "--temperature", "0", "--max-new-tokens", "96");
        string rows = string.Join('\n', answers.Select(row => row.GetRawText()));
        (int code, JsonElement[] table, string errors) = await Tool.RunAsync(rows, "analyse", "coupling", "-m", Tool.Countdown);
        code.Should().Be(0, errors);
        table[0].GetString().Should().Contain("3 responses");
    }

    [Theory]
    [InlineData("coupling")]
    [InlineData("perturbation")]
    public async Task Rows_that_cannot_be_analysed_are_named_by_their_lines(string analysis)
    {
        const string rows = """
            {"prompt": "numbers 1 5 7 target 11 :", "response": "try 7 + 5"}
            {"messages": [{"role": "user", "content": "1"}], "response": "try"}
            """;
        (int code, _, string errors) = await Tool.RunAsync(rows, "analyse", analysis, "-m", Tool.Countdown);
        code.Should().Be(CommandLine.Failure);
        errors.Should().StartWith("Line 2: ").And.NotContain("ChatTemplate.Parse");
    }

    [Fact]
    public async Task Evaluations_go_on_where_they_were_cut()
    {
        using var folder = new TemporaryFolder();
        string problems = Path.Combine(folder.Path, "problems.jsonl"), cache = Path.Combine(folder.Path, "responses.jsonl");
        await File.WriteAllTextAsync(problems, """
            {"nums": [1, 5, 7], "target": 11}
            {"nums": [2, 3, 9], "target": 14}
            """, TestContext.Current.CancellationToken);
        string[] evaluate = ["evaluate", "-m", Tool.Countdown, "--task", "Countdown", "-i", problems, "--cache", cache, "--max-new-tokens", "96", "--json"];
        (int code, JsonElement[] first, string errors) = await Tool.RunAsync("", evaluate);
        code.Should().Be(0, errors);
        string[] responses = await File.ReadAllLinesAsync(cache, TestContext.Current.CancellationToken);
        (_, JsonElement[] second, _) = await Tool.RunAsync("", evaluate);
        second[0].GetString().Should().Be(first[0].GetString());
        (await File.ReadAllLinesAsync(cache, TestContext.Current.CancellationToken)).Should().Equal(responses, "nothing was generated again");
        first[0].GetString().Should().Contain("\"clipped_ratio\": 0");
        (code, JsonElement[] cut, errors) = await Tool.RunAsync(
            await File.ReadAllTextAsync(problems, TestContext.Current.CancellationToken),
            "evaluate", "-m", Tool.Countdown, "--task", "countdown", "-i", "-", "--max-new-tokens", "2");
        code.Should().Be(0, errors);
        cut[0].GetString().Should().Contain("2 problems").And.MatchRegex("cut responses +100");
    }

    [Theory]
    [InlineData("no folder", "tokenize", "--model", "/no/such/folder")]
    [InlineData("no command", "anotate")]
    [InlineData("no model", "generate")]
    [InlineData("a wrong option", "generate", "--model", "{countdown}", "--temperature", "-1")]
    [InlineData("no layer", "annotate", "--model", "{countdown}", "--layers", "abc")]
    [InlineData("a wrong share", "annotate", "--model", "{countdown}", "--fraction", "7")]
    [InlineData("groups that nobody gave", "annotate", "--model", "{countdown}", "--grouping", "Frozen")]
    [InlineData("a wrong layer", "annotate", "--model", "{countdown}", "--layers", "99")]
    public async Task What_is_wrong_with_the_command_line_fails_before_any_row(string what, params string[] args)
    {
        (int code, _, string errors) = await Tool.RunAsync(
            Problems, [.. args.Select(arg => arg.Replace("{countdown}", Tool.Countdown, StringComparison.Ordinal))]);
        code.Should().Be(CommandLine.Failure, what);
        errors.Should().NotBeNullOrWhiteSpace();
    }

    [Fact]
    public async Task Wrong_arguments_are_told_in_the_names_that_the_user_gave_and_rows_have_the_output_for_themselves()
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        (await CommandLine.RunAsync(["generate", "--model", "x", "--tmperature", "1"], new Streams(TextReader.Null, output, errors, IsTerminal: false)))
            .Should().Be(CommandLine.Failure);
        output.ToString().Should().BeEmpty();
        errors.ToString().Should().Contain("--tmperature").And.Contain("mlnetattn generate --help");
        await Says("--max-horizon is 40, expected at least --min-horizon (50), or 0 for an open end.",
            "annotate", "--model", Tool.Countdown, "--min-horizon", "50", "--max-horizon", "40");
        await Says("--batch-size is 0, expected 1 or more", "annotate", "--model", Tool.Countdown, "--batch-size", "0");
        await Says("--task is gsm, expected one of gsm8k, math, ", "evaluate", "--model", Tool.Countdown, "--task", "gsm", "--input", "x");
        await Says("--max-horizon is -3, expected 0 or more", "annotate", "--model", Tool.Countdown, "--max-horizon", "-3");
        await Says("--top-p is 2, expected", "generate", "--model", Tool.Countdown, "--top-p", "2");
        await Says("--fraction is 7, expected", "annotate", "--model", Tool.Countdown, "--fraction", "7");
        using var folder = new TemporaryFolder();
        string problems = folder.File("problems.jsonl");
        await File.WriteAllTextAsync(problems, "{\"nums\": [1, 5, 7], \"target\": 11}\n", TestContext.Current.CancellationToken);
        await Says("--samples is 4 and --temperature 0, at which all answers to a problem are the same",
            "evaluate", "--model", Tool.Countdown, "--task", "countdown", "--input", problems, "--samples", "4");
        await Says("--samples is 0, expected", "evaluate", "--model", Tool.Countdown, "--task", "Countdown", "--input", problems, "--samples", "0");

        static async Task Says(string message, params string[] args)
        {
            (int code, _, string errors) = await Tool.RunAsync(Problems, args);
            code.Should().Be(CommandLine.Failure);
            errors.Should().Contain(message);
        }
    }

    [Fact]
    public async Task Help_has_examples()
    {
        foreach (string command in (string[])["tokenize", "chat", "generate", "annotate", "score", "evaluate", "report", "train"])
        {
            using var output = new StringWriter();
            (await CommandLine.RunAsync([command, "--help"], new Streams(TextReader.Null, output, TextWriter.Null, IsTerminal: false))).Should().Be(0);
            output.ToString().Should().Contain("Example:").And.Contain("mlnetattn " + command);
        }
    }

    [Fact]
    public async Task A_device_that_has_no_such_name_is_refused_with_those_that_there_are()
    {
        (int code, _, string errors) = await Tool.RunAsync("", "generate", "--model", ".", "--device", "gpu");
        code.Should().Be(CommandLine.Failure);
        errors.Should().Contain("--device is gpu, expected cpu, cuda, or cuda:1 and so on.");
    }
}
