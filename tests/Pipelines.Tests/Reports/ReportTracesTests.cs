using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

public sealed class ReportTracesTests : IDisposable
{
    private readonly CausalLanguageModel _model = CausalLanguageModel.FromPretrained(Repository.Path("models", "countdown"));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void A_models_trace_has_the_numbers_of_its_analysis()
    {
        TokenSequence sequence = Sample();
        var outcome = new ReportOutcome { FinishReason = FinishReason.Length };
        ReportTrace trace = ReportTraces.Create(_model, sequence, new() { Variant = "v", Outcome = outcome, HeadMaps = [new(2, 1)] });
        RhythmAnalysis rhythm = _model.AnalyzeRhythm([sequence], new() { Receivers = true })[0];
        trace.Validate();
        (trace.Outcome, trace.PromptLength).Should().Be((outcome, sequence.PromptIds.Length));
        trace.Waad.Should().Equal(rhythm.Waad);
        trace.ReceiverFai.Should().Equal(rhythm.ReceiverFai);
        string.Concat(trace.ResponseTokens).Should().Be(_model.Tokenizer.Decode(sequence.ResponseIds, skipSpecialTokens: false));
        trace.Groups!.Local.Should().Equal(rhythm.Groups!.Local);
        trace.Spans!.Group(0.3).Global.Should().Equal(rhythm.Groups.Global);
        trace.Roles.Should().Contain(TokenRoles.Anchor);
        trace.Maps.Select(map => map.Name).Should().Equal("Local heads, mean", "Global heads, mean", "Layer 2, head 1");
        trace.Maps.Should().OnlyContain(map => map.Length == sequence.Length);
    }

    [Fact]
    public void Averaged_over_all_heads_there_are_no_groups_to_draw()
    {
        ReportTrace trace = ReportTraces.Create(_model, Sample(), new() { Rhythm = new() { AllHeads = true } });
        (trace.Groups, trace.Maps.Count, trace.ReceiverFai).Should().Be((null, 0, null));
    }

    [Fact]
    public void Rows_that_components_wrote_are_read()
    {
        var ml = new MLContext(seed: 1);
        IDataView problems = ml.Data.LoadFromEnumerable(Countdown.Generate(3, seed: 5)),
            rows = ml.Transforms.GenerateText(_model, maxNewTokens: 40, seed: 3)
                .Append(ml.Transforms.AttentionRhythm(_model))
                .Append(ml.Transforms.RhythmCredit())
                .Append(ml.Transforms.CountdownReward())
                .Fit(problems)
                .Transform(problems);
        RhythmReport report = RhythmReport.Create(rows, "R", maximumRows: 2);
        report.Traces.Should().HaveCount(2);
        ReportTrace trace = report.Traces[0];
        trace.PromptTokens.Should().ContainSingle().Which.Should().StartWith("numbers");
        trace.Roles.Should().Contain(role => role != TokenRoles.None);
        foreach (IReadOnlyList<float>? values in new[] { trace.Waad, trace.Fai, trace.Entropy, trace.LogProbability, trace.Credit })
            values.Should().HaveCount(trace.ResponseTokens.Count);
        trace.Credit!.Zip(trace.Roles!).Should().OnlyContain(pair => pair.First > 1 == (pair.Second != TokenRoles.None));
        trace.ReceiverFai.Should().BeNull();
        trace.Outcome.Should().Be(new ReportOutcome
        {
            Reward = rows.GetColumn<float>("Reward").First(),
            FinishReason = Enum.Parse<FinishReason>(rows.GetColumn<string>("FinishReason").First()),
        });
        trace.PromptLength.Should().BeNull("a column has the prompt's text");
    }

    [Fact]
    public void Views_without_tokens_and_columns_of_another_type_are_named()
    {
        var ml = new MLContext();
        FluentActions.Invoking(() => ReportTraces.Read(ml.Data.LoadFromEnumerable([new { Waad = new float[2] }])))
            .Should().Throw<ArgumentException>().WithMessage("There is no column 'Tokens'*");
        Refused(new { Tokens = new[] { "a" }, Waad = 1f }, "Column 'Waad' is Single, expected a vector of Single*");
        Refused(new { Tokens = new[] { "a" }, Reward = true }, "Column 'Reward' is Boolean, expected Single or Double*");
        Refused(new { Tokens = new[] { "a" }, Prompt = 1f }, "Column 'Prompt' is Single, expected text or a vector of Int32*");
        Refused(new { Tokens = new[] { "a" }, FinishReason = 1 }, "Column 'FinishReason' is Int32, expected text*");
        Refused(new { Tokens = new[] { "a" }, Role = "user" }, "Column 'Role' is String, expected a vector of keys of roles*");
        IDataView keys = ml.Data.LoadFromEnumerable([new { Tokens = new[] { "a" }, Role = new[] { "noun", "verb" } }]);
        FluentActions.Invoking(() => ReportTraces.Read(ml.Transforms.Conversion.MapValueToKey("Role").Fit(keys).Transform(keys)))
            .Should().Throw<ArgumentException>().WithMessage("Column 'Role' is *none of 'noun'*Rename or drop*");

        void Refused<T>(T row, string message)
            where T : class =>
            FluentActions.Invoking(() => ReportTraces.Read(ml.Data.LoadFromEnumerable([row]))).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void Rewards_may_be_Double_and_of_prompts_that_are_ids_the_number_is_known()
    {
        var ml = new MLContext();
        IReadOnlyList<ReportTrace> traces = ReportTraces.Read(ml.Data.LoadFromEnumerable(
        [
            new { Tokens = new[] { "a" }, Prompt = new[] { 4, 5, 6 }, Reward = 0.5, Advantage = -1.0 },
            new { Tokens = new[] { "b" }, Prompt = new[] { 45, 6 }, Reward = double.NaN, Advantage = 1.0 },
        ]));
        traces.Select(trace => trace.Outcome!.Reward).Should().Equal(0.5f, float.NaN);
        traces.Select(trace => trace.Outcome!.Advantage).Should().Equal(-1, 1);
        traces.Select(trace => trace.PromptLength).Should().Equal(3, 2);
        traces.Should().OnlyContain(trace => trace.Prompt == "");
        traces[0].PromptKey.Should().NotBe(traces[1].PromptKey);
    }

    [Fact]
    public void Flow_which_a_report_cannot_compute_is_refused_and_says_what_to_do() =>
        FluentActions.Invoking(() => ReportTraces.Create(_model, Sample(), new() { Credit = new() { Strategy = CreditStrategy.Flow } }))
            .Should().Throw<ArgumentException>().WithMessage("Credit.Strategy is Flow*AnalyzeFlow*ReportTraces.Read*");

    [Fact]
    public void Work_that_is_cancelled_ends()
    {
        using var stop = new CancellationTokenSource();
        IEnumerable<object> Rows()
        {
            for (int row = 0; row < 3; row++)
            {
                if (row == 1) stop.Cancel();
                yield return row;
            }
        }
        var ml = new MLContext();
        int read = 0;
        IDataView rows = ml.Data.LoadFromEnumerable(Rows().Select(_ => new Worded { Tokens = [$"{read++}"] }));
        FluentActions.Invoking(() => RhythmReport.Create(rows, cancellationToken: stop.Token)).Should().Throw<OperationCanceledException>();
        read.Should().BeLessThan(3);
        FluentActions.Invoking(() => ReportTraces.Create(_model, Sample(), cancellationToken: stop.Token)).Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void Two_thousand_tokens_of_a_real_model_fit_into_three_megabytes()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(RealModel.Require());
        string text = File.ReadAllText(Repository.Path("CONTRIBUTING.md")) + File.ReadAllText(Repository.Path("README.md"));
        int[] ids = model.Tokenizer.Encode(text)[..2000];
        using var stream = new MemoryStream();
        new RhythmReport().Add(ReportTraces.Create(model, new(ids[..200], ids[200..]))).Write(stream);
        stream.Length.Should().BeLessThan(3_000_000);
    }

    private sealed class Worded
    {
        public string[] Tokens { get; set; } = [];
    }

    private TokenSequence Sample()
    {
        int[] prompt = _model.Tokenizer.Encode(Countdown.Generate(1, seed: 2)[0].Prompt);
        return new TokenSequence(prompt, [.. _model.Generate([prompt], new() { MaxNewTokens = 90, Seed = 4 })[0].TokenIds]);
    }
}
