using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli.Tests;

public sealed class TrainCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("run");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_leaves_policy_zip_metrics_and_report_and_goes_on_when_asked_to()
    {
        string config = Config(
            "\"evaluation\": {\"countdown\": {\"count\": 4}},",
            "\"evaluate_every\": 2, \"log_samples_every\": 2, \"checkpoint_every\": 1, \"credit\": {\"sign\": \"positive_only\"}");
        (int code, JsonElement[] rows, string errors) = await Tool.RunAsync("", "train", "--config", config);
        code.Should().Be(0, errors);
        errors.Should().Contain("step 1/2: reward ").And.Contain("step 2/2: ").And.Contain("eval_reward");
        JsonElement told = rows.Single();
        (told.GetProperty("stopped").GetBoolean(), told.GetProperty("ended").GetString(), told.GetProperty("total_steps").GetInt32())
            .Should().Be((false, "complete", 2));

        using CausalLanguageModel policy = CausalLanguageModel.FromPretrained(Path.Combine(Output, "policy"));
        using CausalLanguageModel start = CausalLanguageModel.FromPretrained(Tool.Countdown);
        policy.Fingerprint.Should().NotBe(start.Fingerprint, "it has learnt");
        var context = new MLContext();
        ITransformer zip = context.Model.Load(Path.Combine(Output, "policy.zip"), out _);
        IDataView problems = context.Data.LoadFromEnumerable([new TaskProblem { Prompt = "numbers 1 5 7 target 11 :" }]);
        zip.Transform(problems).GetColumn<string>("Response").Should().ContainSingle().Which.Should().NotBeEmpty();
        ((IDisposable)zip).Dispose();
        string report = await File.ReadAllTextAsync(Path.Combine(Output, "report.html"), TestContext.Current.CancellationToken);
        report.Should().Contain("before").And.Contain("after").And.Contain("frac_reward_zero_std");
        report.Should().MatchRegex("\\[\"Policy\",\"step 2 \\(eval_reward [0-9.]+\\)\"\\]").And.Contain("[\"options.credit.sign\",\"positive_only\"]");
        Regex.Matches(report, "\"outcome\":(.*?})")
            .Select(match => match.Groups[1].Value)
            .Should().HaveCount(2)
            .And.AllSatisfy(outcome => outcome.Should().MatchRegex("^{\"reward\":[01],\"finish_reason\":\"(stop_token|length)\"}$"));
        Regex.Matches(report, "\"metric\":\"([^\"]+)\"")
            .Select(match => match.Groups[1].Value)
            .Take(4)
            .Should().Equal("reward", "eval_reward", "loss", "completions/mean_length");

        // A run goes on with the reward and the evaluation that it began with.
        foreach ((string change, string reason) in new[]
        {
            ("reward=[{\"length_penalty\": {\"maximum_length\": 24, \"soft_length\": 8}}]", "another reward: it was null, and is [{"),
            ("evaluation={\"countdown\": {\"count\": 5}}", "other evaluation: they were {"),
        })
        {
            (int changed, _, string refused) = await Tool.RunAsync("", "train", "--config", config, "--resume", "--set", change, "--set", "options.steps=3");
            changed.Should().Be(CommandLine.Failure, refused);
            refused.Should().Contain(reason);
        }

        // A folder that holds a run is not written over.
        (int again, _, string refusal) = await Tool.RunAsync("", "train", "--config", config);
        again.Should().Be(CommandLine.Failure);
        refusal.Should().Contain("--resume");

        (int longer, _, string more) = await Tool.RunAsync("", "train", "--config", config, "--resume", "--set", "options.steps=3");
        longer.Should().Be(0, more);
        more.Should().Contain("step 3/3: ").And.NotContain("step 2/3");
        (await File.ReadAllLinesAsync(Path.Combine(Output, "metrics.jsonl"), TestContext.Current.CancellationToken)).Should().HaveCount(3);
        Configuration().GetProperty("options").GetProperty("steps").GetInt32().Should().Be(3, "what it was trained with is beside it");
    }

    [Fact]
    public async Task Stop_strings_end_the_answers_of_the_report_too()
    {
        (int code, _, string errors) = await Tool.RunAsync(
            "", "train", "--config", Config("\"reward\": {\"regex\": {\"pattern\": \"=\\\\z\"}},", "\"stop_strings\": [\"=\"]"));
        code.Should().Be(0, errors);
        string report = await File.ReadAllTextAsync(Path.Combine(Output, "report.html"), TestContext.Current.CancellationToken);
        Regex.Matches(report, "\"outcome\":(.*?})")
            .Select(match => match.Groups[1].Value)
            .Should().Equal(Enumerable.Repeat("{\"reward\":1,\"finish_reason\":\"stop_string\"}", 2));
    }

    [Theory]
    [InlineData("", 3, 1, "after step 1", "that of step 1")]
    [InlineData("\"evaluate_at_start\": true, ", 2, 0, "before the first", "the model that training began with")]
    public async Task A_run_that_ends_early_says_so_and_whose_policy_it_is(string start, int steps, int best, string when, string whose)
    {
        // Greedy answers of a policy that does not move are as good after every step.
        string config = Config(
            "\"evaluation\": {\"countdown\": {\"count\": 2}},",
            $"{start}\"evaluate_every\": 1, \"keep_best\": true, \"early_stopping_patience\": 2, \"evaluation_temperature\": 0");
        (int code, JsonElement[] rows, string errors) = await Tool.RunAsync(
            "", "train", "--config", config, "--set", "options.steps=9", "--set", "options.learning_rate=1e-12");
        code.Should().Be(0, errors);
        errors.Should()
            .Contain($"Ended early after step {steps} of 9: no evaluation was better than the one {when}.")
            .And.Contain($"The policy is {whose}, whose evaluation was the best.");
        JsonElement told = rows.Single();
        (told.GetProperty("stopped").GetBoolean(), told.GetProperty("steps").GetInt32(), told.GetProperty("best_step").GetInt32())
            .Should().Be((false, steps, best));
        (told.GetProperty("ended").GetString(), told.GetProperty("total_steps").GetInt32()).Should().Be(("early_stopping", 9));
        errors.Should().Contain("With a higher options.early_stopping_patience (2) --resume goes on.");
        (int again, rows, errors) = await Tool.RunAsync(
            "", "train", "--config", config, "--resume", "--set", "options.steps=9", "--set", "options.learning_rate=1e-12");
        again.Should().Be(0, errors);
        rows.Single().GetRawText().Should().Be(told.GetRawText(), "it has ended early still");
    }

    [Fact]
    public async Task What_the_trainer_says_of_options_names_them_as_the_configuration_does()
    {
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", Config("", ""), "--set", "options.max_new_tokens=400");
        code.Should().Be(CommandLine.Failure);
        errors.Should().Contain("options.max_new_tokens").And.NotContain("MaxNewTokens");
    }

    [Fact]
    public async Task Printed_configurations_have_every_default_and_mean_the_same()
    {
        string config = Config("\"prompts\": \"problems.jsonl\",", "\"rhythm\": {\"layers\": \"top\"}"), whole = _folder.File("whole.json");
        string printed = await Print("--config", config);
        JsonElement options = JsonDocument.Parse(printed).RootElement.GetProperty("options");
        (
            options.GetProperty("steps").GetInt32(),
            options.GetProperty("temperature").GetDouble(),
            options.GetProperty("rhythm").GetProperty("layers").GetString())
            .Should().Be((2, 1, "top"));
        await File.WriteAllTextAsync(whole, printed, TestContext.Current.CancellationToken);
        (await Print("--config", whole)).Should().Be(printed);
        // Without a file: all that there is, to begin from.
        (await Print()).Should().Contain("\"model\": null").And.Contain("\"learning_rate\": 1E-06");

        static async Task<string> Print(params string[] args)
        {
            using var output = new StringWriter();
            (await CommandLine.RunAsync(
                ["train", "--print-config", .. args], new Streams(TextReader.Null, output, TextWriter.Null, IsTerminal: false)))
                .Should().Be(0);
            return output.ToString();
        }
    }

    [Fact]
    public async Task Mistyped_names_stop_it_before_anything_is_written()
    {
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", Config("", "\"learning_rte\": 1"));
        code.Should().Be(CommandLine.Failure);
        errors.Trim().Should().Be("options.learning_rte: unknown; did you mean learning_rate?");
        Directory.Exists(Output).Should().BeFalse();

        (await Tool.RunAsync("", "train", "--config", Config("", ""), "--log-every", "0")).Code.Should().Be(CommandLine.Failure);
    }

    [Theory]
    [InlineData("run.json")]
    [InlineData("train.json")]
    public async Task What_a_run_writes_goes_over_no_file_of_the_users(string name)
    {
        string own = Path.Combine(Directory.CreateDirectory(Output).FullName, name), text = File.ReadAllText(Config("", ""));
        File.WriteAllText(own, text);
        (int clash, _, string reason) = await Tool.RunAsync("", "train", "--config", own, "--resume");
        clash.Should().Be(CommandLine.Failure);
        reason.Should().StartWith($"output: a run writes a {name}");
        File.ReadAllText(own).Should().Be(text);
    }

    [Fact]
    public async Task A_run_that_is_done_says_how_far_it_came_when_it_is_resumed()
    {
        string config = Config("\"evaluation\": {\"countdown\": {\"count\": 2}},", "\"evaluate_every\": 1, \"keep_best\": true, \"evaluation_temperature\": 0");
        (int code, JsonElement[] first, string errors) = await Tool.RunAsync("", "train", "--config", config, "--set", "options.learning_rate=1e-12");
        code.Should().Be(0, errors);
        (int again, JsonElement[] second, string said) = await Tool.RunAsync(
            "", "train", "--config", config, "--resume", "--set", "options.learning_rate=1e-12");
        again.Should().Be(0, said);
        second.Single().GetRawText().Should().Be(first.Single().GetRawText());
        (second.Single().GetProperty("steps").GetInt32(), second.Single().GetProperty("best_step").GetInt32()).Should().Be((2, 1));
        said.Should().Contain("The policy is that of step 1, whose evaluation was the best.").And.NotContain("step 2/2");
    }

    [Fact]
    public async Task Warnings_are_kept_in_a_file_of_the_run_each_once()
    {
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", Config("", ""), "--set", "options.max_new_tokens=2");
        code.Should().Be(0, errors);
        string[] kept = await File.ReadAllLinesAsync(Path.Combine(Output, "warnings.txt"), TestContext.Current.CancellationToken);
        kept.Should().HaveCountGreaterThan(1).And.OnlyHaveUniqueItems().And.ContainSingle(line => line.Contains("were cut at options.max_new_tokens (2)"));
        foreach (string line in kept) errors.Should().Contain(line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
    }

    [Fact]
    public async Task A_device_that_is_not_there_is_told_before_anything_is_written()
    {
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "Needs a machine without a GPU.");
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", Config("", ""), "--set", "device=cuda");
        code.Should().Be(CommandLine.Failure);
        errors.Should().StartWith("device is cuda, which cannot be used here: ").And.NotContain("Trace from");
        Directory.Exists(Output).Should().BeFalse();
    }

    [Fact]
    public async Task Rewards_can_be_normalized_before_they_are_added()
    {
        string config = Config("\"reward\": [{\"countdown\": {}}, {\"length_penalty\": {\"maximum_length\": 24, \"soft_length\": 20}, \"weight\": 0.5}],", "");
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", config, "--set", "options.reward_aggregation=normalize_then_sum");
        code.Should().Be(0, errors);
        JsonElement step = JsonDocument.Parse(
            (await File.ReadAllLinesAsync(Path.Combine(Output, "metrics.jsonl"), TestContext.Current.CancellationToken))[0]).RootElement;
        step.GetProperty("reward").GetDouble().Should().BeApproximately(
            step.GetProperty("rewards/countdown/mean").GetDouble() + 0.5 * step.GetProperty("rewards/length_penalty/mean").GetDouble(), 1e-6);
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Output, "run.json"))).RootElement.GetProperty("Options").GetProperty("RewardColumnNames")
            .EnumerateArray().Select(name => name.GetString()).Should().Equal("countdown", "length_penalty");
    }

    [Fact]
    public async Task Rewards_are_measured_under_the_names_of_their_kinds()
    {
        string config = Config(
            "\"reward\": [{\"countdown\": {}}, {\"regex\": {\"pattern\": \"=\"}, \"weight\": 0.5}, {\"length_penalty\": {\"maximum_length\": 24, \"soft_length\": 8}}, {\"regex\": {\"pattern\": \"try\"}, \"weight\": 0.1}],",
            "");
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", config);
        code.Should().Be(0, errors);
        string metrics = (await File.ReadAllLinesAsync(Path.Combine(Output, "metrics.jsonl"), TestContext.Current.CancellationToken))[0];
        Regex.Matches(metrics, "\"rewards/([^\"]+)/mean\"")
            .Select(match => match.Groups[1].Value)
            .Should().Equal("countdown", "regex", "length_penalty", "regex_2", "Reward");
    }

    [Fact]
    public async Task The_adapter_of_a_runs_checkpoint_is_used_and_trained_on()
    {
        string config = Config("", "\"lora\": {\"rank\": 2}, \"checkpoint_every\": 1");
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", config);
        code.Should().Be(0, errors);
        string checkpoint = Path.Combine(Output, "checkpoint-000002"), next = _folder.File("next");
        const string prompt = """{"prompt": "numbers 1 5 7 target 11 :"}""";
        (code, JsonElement[] rows, errors) = await Tool.RunAsync(prompt, "generate", "-m", Tool.Countdown, "--adapter", checkpoint, "--max-new-tokens", "4");
        code.Should().Be(0, errors);
        rows.Should().HaveCount(1);

        string[] again = ["train", "--config", config, "--set", $"output={next}", "--set", "options.lora=null", "--set"];
        (code, _, errors) = await Tool.RunAsync("", [.. again, $"adapter={checkpoint}"]);
        code.Should().Be(0, errors);
        using CausalLanguageModel first = CausalLanguageModel.FromPretrained(Path.Combine(Output, "policy")),
            second = CausalLanguageModel.FromPretrained(Path.Combine(next, "policy"));
        second.Adapter!.Rank.Should().Be(2);
        second.Fingerprint.Should().NotBe(first.Fingerprint, "it has learnt on");

        (code, _, errors) = await Tool.RunAsync("", [.. again, "adapter=nowhere"]);
        code.Should().Be(CommandLine.Failure);
        errors.Should().Contain("adapter: there is no folder 'nowhere'");
    }

    [Fact]
    public async Task Two_runs_in_one_folder_are_refused()
    {
        using RunFolder taken = RunFolder.Open(Output, resume: false);
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", Config("", ""), "--resume");
        code.Should().Be(CommandLine.Failure);
        errors.Should().Contain("Another run works in");
    }

    [Fact]
    public async Task Responses_are_learnt_by_supervised_fine_tuning()
    {
        string rows = _folder.File("rows.jsonl"), config = _folder.File("sft.json");
        await File.WriteAllTextAsync(
            rows,
            "{\"prompt\": \"numbers 1 5 7 target 11 :\", \"response\": \"( 7 + 5 ) - 1\"}\n",
            TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            config,
            JsonSerializer.Serialize(new
            {
                method = "sft",
                model = Tool.Countdown,
                output = Output,
                rows,
                report = new { prompts = 1 },
                options = new { steps = 2 },
            }),
            TestContext.Current.CancellationToken);
        (int code, _, string errors) = await Tool.RunAsync("", "train", "--config", config);
        code.Should().Be(0, errors);
        errors.Should().Contain("step 2/2: loss ").And.Contain(", mean_token_accuracy ");
        using CausalLanguageModel policy = CausalLanguageModel.FromPretrained(Path.Combine(Output, "policy"));

        await File.WriteAllTextAsync(rows, "{\"prompt\": \"a\"}\n", TestContext.Current.CancellationToken);
        (int bad, _, string reason) = await Tool.RunAsync("", "train", "--config", config, "--set", $"output={_folder.File("other")}");
        bad.Should().Be(CommandLine.Failure);
        reason.Should().Contain("rows.jsonl', line 1: The row has no 'response'");
    }

    [Fact]
    public async Task Stopping_while_rows_are_read_leaves_a_folder_to_begin_in()
    {
        string rows = _folder.File("rows.jsonl");
        await File.WriteAllTextAsync(rows, "{\"prompt\": \"1\", \"response\": \"5\"}\n", TestContext.Current.CancellationToken);
        string[] arguments =
        [
            "train", "--set", "method=sft", "--set", $"model={Tool.Countdown}", "--set", $"output={Output}", "--set", $"rows={rows}",
            "--set", "report.prompts=0", "--set", "options.steps=1",
        ];
        using var errors = new StringWriter();
        int code = await CommandLine.Create(new Streams(TextReader.Null, TextWriter.Null, errors, IsTerminal: false)).Parse(arguments)
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }, new CancellationToken(canceled: true));
        code.Should().Be(CommandLine.Cancelled);
        errors.ToString().Should().Contain("nothing was trained");
        Path.Exists(Path.Combine(Output, "policy")).Should().BeFalse();
        (code, _, string failed) = await Tool.RunAsync("", arguments);
        code.Should().Be(CommandLine.Success, failed);
    }

    [Fact]
    public async Task Ctrl_C_ends_it_with_a_policy_that_loads()
    {
        (int code, string output, string errors) = await Interrupted(times: 1);
        code.Should().Be(CommandLine.Cancelled, errors);
        errors.Should().MatchRegex(@"Cancelled after \d+ of 100000 steps").And.Contain("Stopped: ");
        errors.Should().Contain("Stopping after this step").And.Contain("Ctrl-C again ends at once");
        JsonElement told = JsonDocument.Parse(output).RootElement;
        (told.GetProperty("stopped").GetBoolean(), told.GetProperty("ended").GetString(), told.GetProperty("total_steps").GetInt32())
            .Should().Be((true, "cancelled", 100_000));
        using CausalLanguageModel policy = CausalLanguageModel.FromPretrained(Path.Combine(Output, "policy"));
        Directory.GetDirectories(Output, "checkpoint-*").Should().ContainSingle();
        File.Exists(Path.Combine(Output, "policy.zip")).Should().BeTrue();
        File.Exists(Path.Combine(Output, "report.html")).Should().BeTrue();
    }

    [Fact]
    public async Task A_second_Ctrl_C_ends_the_process_without_an_error_of_its_own()
    {
        (int code, _, string errors) = await Interrupted(times: 2);
        code.Should().Be(CommandLine.Cancelled, errors);
        errors.Should().NotContain("Unhandled exception");
    }

    /// <summary>Trains in a process of its own, and interrupts it after the first step.</summary>
    private async Task<(int Code, string Output, string Errors)> Interrupted(int times)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no kill on Windows.");
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        ProcessStartInfo start = Interruptible.Start(
            "dotnet", typeof(CommandLine).Assembly.Location, "train", "--config", Config("", ""), "--set", "options.steps=100000", "--log-every", "1");
        start.Environment["OMP_NUM_THREADS"] = "1";
        using Process process = Process.Start(start)!;
        try
        {
            // Warnings may come first.
            string? line;
            do line = await process.StandardError.ReadLineAsync(cancellation);
            while (line is not null && !line.StartsWith("step 1/100000: ", StringComparison.Ordinal));
            line.Should().NotBeNull("it trains");
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation), errors = process.StandardError.ReadToEndAsync(cancellation);
            for (int i = 0; i < times; i++)
            {
                using Process kill = Process.Start("kill", ["-INT", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
                await kill.WaitForExitAsync(cancellation);
                await Task.Delay(50, cancellation);
            }
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            process.Kill();
        }
    }

    private JsonElement Configuration() => JsonDocument.Parse(File.ReadAllText(Path.Combine(Output, "train.json"))).RootElement;

    /// <summary>Writes a configuration of two small steps.</summary>
    /// <param name="more">Further members of the configuration, with a comma after each.</param>
    /// <param name="options">Further options.</param>
    private string Config(string more, string options)
    {
        string path = _folder.File("config.json");
        File.WriteAllText(path, $$"""
            {
              // People write comments.
              "model": {{JsonSerializer.Serialize(Tool.Countdown)}}, "output": {{JsonSerializer.Serialize(Output)}}, "report": {"prompts": 1}, {{more}}
              "options": {"steps": 2, "prompts_per_step": 2, "generations": 2, "max_new_tokens": 24, "learning_rate": 1e-3, {{options}}},
            }
            """);
        return path;
    }
}
