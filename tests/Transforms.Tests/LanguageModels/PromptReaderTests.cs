using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class PromptReaderTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.CreateWithChatTemplate();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("""[{"role":"user","content":"1 + 2"}]""", "1 + 2=")]
    [InlineData("""[{"role":"system","content":"a"},{"role":"user","content":"b"}]""", "a b=")]
    [InlineData("""{"messages":[{"role":"user","content":"1"}],"tools":[{"name":"f"}]}""", "1+=")]
    [InlineData("""{"messages":[{"role":"user","content":"1"}],"tools":null,"prefix":"cd"}""", "cd1=")]
    [InlineData("""{"messages":[{"role":"user","content":"1"},{"role":"assistant","content":"2"}],"continue_final_message":true}""", "1 2")]
    [InlineData("""{"messages":[{"role":"user","content":"1"}],"chat_template_kwargs":{"prefix":"cd"}}""", "cd1=")]
    public void A_conversation_is_what_the_chat_template_makes_of_it(string conversation, string text)
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = conversation }]), plain = _ml.Data.LoadFromEnumerable([new { Prompt = text }]);
        string written = Response(_ml.Transforms.GenerateText(_model, maxNewTokens: 9, temperature: 0, promptFormat: PromptFormat.Messages), data);
        written.Should().Be(Response(_ml.Transforms.GenerateText(_model, maxNewTokens: 9, temperature: 0), plain));
    }

    [Fact]
    public void A_rhythm_is_that_of_the_rendered_conversation()
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = """[{"role":"user","content":"1 + 2"}]""", Response = "abc 12 + 3" }]),
            plain = _ml.Data.LoadFromEnumerable([new { Prompt = "1 + 2=", Response = "abc 12 + 3" }]);
        float[] Waad(PromptFormat format, IDataView view) =>
            _ml.Transforms
                .AttentionRhythm(_model, new AttentionRhythmOptions { PromptFormat = format, Grouping = RhythmGrouping.PerSequence })
                .Fit(view)
                .Transform(view)
                .GetColumn<float[]>("Waad")
                .Single();
        Waad(PromptFormat.Messages, data).Should().Equal(Waad(PromptFormat.Text, plain));
    }

    [Theory]
    [InlineData("hello", "*Row 1*'Prompt'*no conversation*JSON array of messages*")]
    [InlineData("7", "*Row 1*no conversation*other JSON*")]
    [InlineData("""{"message":[]}""", "*Row 1*no conversation*'messages'*")]
    [InlineData("""{"messages":[],"messages":[]}""", "*Row 1*no conversation*messages*")]
    [InlineData("""{"messages":[],"continue_final_message":"yes"}""", "*Row 1*'Prompt'*'continue_final_message' is \"yes\", expected true or false*")]
    [InlineData("""{"messages":[],"tools":3}""", "*Row 1*'Prompt'*'tools' is 3*")]
    [InlineData("""{"messages":[{"role":"user","content":"1"}],"continue_final_message":true,"add_generation_prompt":true}""", "*Row 1*'Prompt'*ContinueFinalMessage*")]
    [InlineData("""["no message"]""", "*Row 1*'Prompt'*")]
    [InlineData("""[{"role":"tool","content":"1"}]""", "*Row 1*'Prompt'*no tools here*")]
    public void What_is_no_conversation_is_named_by_its_row(string prompt, string message)
    {
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = """[{"role":"user","content":"1"}]""" }, new { Prompt = prompt }]);
        PolicyTransformer fitted = _ml.Transforms.GenerateText(_model, maxNewTokens: 2, samplesPerPrompt: 3, promptFormat: PromptFormat.Messages).Fit(data);
        fitted.Invoking(it => it.Transform(data).GetColumn<string>("Response").ToArray()).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void A_conversation_that_is_read_as_plain_text_is_told_once()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(new[] { "1", "2" }.Select(
            text => new { Prompt = $$"""[{"role":"user","content":"{{text}}"}]""", Response = "abc 12 + 3 = 123" }));
        var warnings = new WarningList(_ml);
        Answer(PromptFormat.Messages).Should().HaveCount(2);
        _ml.Transforms.AttentionRhythm(_model, promptFormat: PromptFormat.Messages).Fit(data);
        warnings.Should().BeEmpty();
        Answer(PromptFormat.Text).Should().HaveCount(2);
        warnings.Should().ContainSingle().Which.Should().Match("*Column 'Prompt' looks like a conversation*set PromptFormat to Messages*");
        warnings.Clear();
        _ml.Transforms.AttentionRhythm(_model).Fit(data);
        warnings.Should().ContainSingle().Which.Should().Contain("Column 'Prompt' looks like a conversation");

        string[] Answer(PromptFormat format)
        {
            PolicyTransformer fitted = _ml.Transforms.GenerateText(_model, maxNewTokens: 2, promptFormat: format).Fit(data);
            fitted.Transform(data).GetColumn<string>("Response").Should().HaveCount(2);
            return [.. fitted.Transform(data).GetColumn<string>("Response")];
        }
    }

    [Fact]
    public void A_reader_at_a_time_tells_chat_templates_that_time_where_it_was_told()
    {
        var time = new DateTimeOffset(2024, 7, 26, 23, 30, 0, TimeSpan.FromHours(-11));
        using CausalLanguageModel model = TinyModels.CreateWithChatTemplate("{{ strftime_now('%d')|replace('6', '3') }}");
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = """[{"role":"user","content":"1"}]""" }]);
        using DataViewRowCursor cursor = data.GetRowCursor(data.Schema);
        Func<int[]> read = new PromptReader("Prompt", PromptFormat.Messages, addSpecialTokens: true).At(time).Open(cursor, data.Schema["Prompt"], model);
        cursor.MoveNext().Should().BeTrue();
        read().Should().Equal(model.Tokenizer.Encode("23"));
    }

    [Fact]
    public void Text_that_a_tokenizer_refuses_is_named_by_row_and_column() =>
        FluentActions.Invoking(() => TokenIds.Read(7, "Response", () => throw new InvalidDataException("no such word")))
            .Should().Throw<ArgumentException>().WithMessage("Row 7: column 'Response': no such word");

    [Fact]
    public void A_model_without_a_template_and_a_column_of_ids_are_refused_before_any_work()
    {
        using CausalLanguageModel plain = TinyModels.Create();
        IDataView data = _ml.Data.LoadFromEnumerable([new { Prompt = "[]" }]), ids = _ml.Data.LoadFromEnumerable([new { Prompt = new[] { 1, 2 } }]);
        _ml.Transforms.GenerateText(plain, promptFormat: PromptFormat.Messages).Invoking(it => it.Fit(data))
            .Should().Throw<InvalidOperationException>().WithMessage("*'Prompt'*conversations*chat template*");
        _ml.Transforms.GenerateText(_model, promptFormat: PromptFormat.Messages).Invoking(it => it.Fit(ids))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Prompt'*");
    }

    private static string Response(TextGenerationEstimator estimator, IDataView data) =>
        estimator.Fit(data).Transform(data).GetColumn<string>("Response").Single();
}
