using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class LanguageModelAnnotationTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _prompts;

    public LanguageModelAnnotationTests() => _prompts = _ml.Data.LoadFromEnumerable(TextPair.Make(12).Select(pair => new { pair.Prompt }));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void A_chain_analyses_with_the_model_that_wrote_the_response_and_with_the_very_tokens_sampled()
    {
        EstimatorChain<AttentionRhythmTransformer> chain = Generate().Append(_ml.Transforms.AttentionRhythm());
        TransformerChain<AttentionRhythmTransformer> fitted = chain.Fit(_prompts);
        fitted.LastTransformer.Model.Should().BeSameAs(_model);
        IDataView view = fitted.Transform(_prompts);
        int[][] sampled = [.. view.GetColumn<int[]>("ResponseTokenIds")], analysed = [.. view.GetColumn<int[]>("TokenIds")];
        analysed.Should().BeEquivalentTo(sampled, order => order.WithStrictOrdering());
        int[][] tokenizedAgain = [.. view.GetColumn<string>("Response").Select(text => _model.Tokenizer.Encode(text, addSpecialTokens: false))];
        tokenizedAgain.Zip(sampled).Should().Contain(pair => !pair.First.SequenceEqual(pair.Second), "the test is about texts that do not tokenize back");
    }

    [Fact]
    public void A_model_with_the_same_tokenizer_reads_the_tokens_and_one_with_another_the_text()
    {
        IDataView written = Written();
        string[] texts = [.. written.GetColumn<string>("Response")];
        int[][] sampled = [.. written.GetColumn<int[]>("ResponseTokenIds")];
        using CausalLanguageModel same = TinyModels.Create(seed: 2), other = TinyModels.CreateWithOtherIds();
        Analysed(same).Should().BeEquivalentTo(sampled, order => order.WithStrictOrdering());
        int[][] read = Analysed(other);
        read.Should().BeEquivalentTo(
            texts.Select(text => other.Tokenizer.Encode(text, addSpecialTokens: false)),
            order => order.WithStrictOrdering());
        read.Should().NotBeEquivalentTo(texts.Select(text => _model.Tokenizer.Encode(text, addSpecialTokens: false)), "its ids are others");

        int[][] Analysed(CausalLanguageModel reader) =>
            [.. _ml.Transforms.AttentionRhythm(reader).Fit(written).Transform(written).GetColumn<int[]>("TokenIds")];
    }

    [Fact]
    public void Ids_are_taken_where_it_is_not_known_whose_they_are()
    {
        IDataView written = Written();
        var host = ((Microsoft.ML.Runtime.IHostEnvironment)_ml).Register("test");
        using CausalLanguageModel ids = TinyModels.CreateWithoutTokenizer(), other = TinyModels.CreateWithOtherIds();
        Read(ids, written).Should().Be("ResponseTokenIds", "a model without tokenizer reads no text");
        IDataView numbers = _ml.Data.LoadFromEnumerable(IdPair.Make(2));
        Read(other, _ml.Transforms.GenerateText(ids, maxNewTokens: 2).Fit(numbers).Transform(numbers)).Should().Be("ResponseTokenIds");
        Read(other, written).Should().Be("Response");

        string Read(CausalLanguageModel reader, IDataView view) => TokenIds.Resolve(host, reader, view.Schema, view.Schema["Response"]).Name;
    }

    [Fact]
    public void Log_probabilities_of_the_analysis_are_those_of_sampling()
    {
        IDataView view = Generate().Append(_ml.Transforms.AttentionRhythm()).Fit(_prompts).Transform(_prompts);
        foreach ((float[] sampled, float[] analysed) in view.GetColumn<float[]>("ResponseLogProbabilities").Zip(view.GetColumn<float[]>("LogProbability")))
            sampled.Zip(analysed).Should().AllSatisfy(pair => pair.First.Should().BeApproximately(pair.Second, 1e-3f));
    }

    [Fact]
    public void The_annotation_travels_through_ML_NETs_own_transforms_and_filters()
    {
        IDataView written = _ml.Data.Cache(_ml.Data.TakeRows(Generate().Fit(_prompts).Transform(_prompts), 5));
        _ml.Transforms.AttentionRhythm().Fit(written).Model.Should().BeSameAs(_model);
    }

    [Fact]
    public void Without_a_model_and_without_the_annotation_a_chain_stops_before_any_work()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(TextPair.Make(2));
        var first = new LetterCounterEstimator(_ml, new LetterCounter.State(Input: "Prompt"));
        first.Append(_ml.Transforms.AttentionRhythm()).Invoking(it => it.Fit(data))
            .Should().Throw<InvalidOperationException>().WithMessage("*'Response'*Pass the model*");
        first.Fits.Should().Be(0);
    }

    [Fact]
    public void A_prompt_is_read_as_it_was_when_it_was_answered()
    {
        using CausalLanguageModel chat = TinyModels.CreateWithChatTemplate();
        IDataView conversations = _ml.Data.LoadFromEnumerable(new[] { "1", "2 + 1" }.Select(
            text => new { Prompt = $$"""[{"role":"user","content":"{{text}}"}]""" }));
        TransformerChain<AttentionRhythmTransformer> chain = _ml.Transforms
            .GenerateText(chat, maxNewTokens: 20, seed: 3, promptFormat: PromptFormat.Messages)
            .Append(_ml.Transforms.AttentionRhythm(grouping: RhythmGrouping.PerSequence))
            .Fit(conversations);
        IDataView written = chain.Transform(conversations);
        float[][] sampled = [.. written.GetColumn<float[]>("ResponseLogProbabilities")];
        RequireClose(written, sampled);

        using var zip = new MemoryStream();
        _ml.Model.Save(chain, conversations.Schema, zip);
        using var loaded = (IDisposable)new MLContext().Model.Load(zip, out _);
        RequireClose(((ITransformer)loaded).Transform(conversations), sampled);

        IDataView Analysed(AttentionRhythmOptions options) => _ml.Transforms.AttentionRhythm(chat, options).Fit(written).Transform(written);
        var perSequence = new AttentionRhythmOptions { Grouping = RhythmGrouping.PerSequence };
        RequireClose(Analysed(perSequence), sampled);
        Analysed(perSequence with { PromptFormat = PromptFormat.Text }).GetColumn<float[]>("LogProbability").First()
            .Should().NotBeEquivalentTo(sampled[0], "what is said wins");

        static void RequireClose(IDataView view, float[][] sampled)
        {
            foreach ((float[] analysed, float[] expected) in view.GetColumn<float[]>("LogProbability").Zip(sampled))
                analysed.Zip(expected).Should().AllSatisfy(pair => pair.First.Should().BeApproximately(pair.Second, 1e-3f));
        }
    }

    [Fact]
    public void What_is_said_of_another_prompt_column_does_not_count()
    {
        DataViewSchema.Column response = Written().Schema["Response"];
        var options = new AttentionRhythmOptions { PromptColumnName = "Other" };
        options.ReadingLike(response).Should().Be(options with { PromptFormat = PromptFormat.Text, AddSpecialTokens = true });
        IDataView bare = _ml.Transforms
            .GenerateText(_model, new TextGenerationOptions { Generation = new GenerationOptions { AddSpecialTokens = false } })
            .Fit(_prompts)
            .Transform(_prompts);
        (options with { PromptColumnName = "Prompt" }).ReadingLike(bare.Schema["ResponseTokenIds"]).AddSpecialTokens.Should().BeFalse();
    }

    [Fact]
    public void A_model_that_was_disposed_is_an_error_that_says_to_pass_one()
    {
        CausalLanguageModel other = TinyModels.Create(seed: 5);
        IDataView written = _ml.Transforms.GenerateText(other, maxNewTokens: 4).Fit(_prompts).Transform(_prompts);
        other.Dispose();
        _ml.Transforms.AttentionRhythm().Invoking(it => it.Fit(written))
            .Should().Throw<InvalidOperationException>().WithMessage("*'Response'*disposed*Pass a model*");
    }

    [Fact]
    public void A_model_of_another_process_is_an_error_that_says_to_pass_it()
    {
        IDataView foreign = new Annotated(_ml.Data.LoadFromEnumerable(TextPair.Make(2)));
        _ml.Transforms.AttentionRhythm().Invoking(it => it.Fit(foreign))
            .Should().Throw<InvalidOperationException>().WithMessage("*'Response'*cafe*not in this process*Pass the model*");
    }

    [Fact]
    public void Where_the_token_ids_are_gone_the_text_is_tokenized_with_a_warning()
    {
        var warnings = new WarningList(_ml);
        IDataView written = _ml.Transforms.DropColumns("ResponseTokenIds").Fit(Written()).Transform(Written());
        string[] texts = [.. written.GetColumn<string>("Response")];
        IDataView rhythm = _ml.Transforms.AttentionRhythm(grouping: RhythmGrouping.PerSequence).Fit(written).Transform(written);
        rhythm.GetColumn<int[]>("TokenIds").Should().BeEquivalentTo(
            texts.Select(text => _model.Tokenizer.Encode(text, addSpecialTokens: false)),
            order => order.WithStrictOrdering());
        warnings.Should().Contain(warning => warning.Contains("'ResponseTokenIds'"));
    }

    private TextGenerationEstimator Generate() => _ml.Transforms.GenerateText(_model, maxNewTokens: 20, seed: 3);

    private IDataView Written() => Generate().Fit(_prompts).Transform(_prompts);

    /// <summary>Text pairs whose responses are said to be of a model that nobody has.</summary>
    private sealed class Annotated : IDataView
    {
        private readonly IDataView _source;

        public Annotated(IDataView source)
        {
            _source = source;
            var annotations = new DataViewSchema.Annotations.Builder();
            annotations.AddPrimitiveValue(LanguageModelAnnotation.Kind, TextDataViewType.Instance, "cafe".AsMemory());
            var builder = new DataViewSchema.Builder();
            builder.AddColumn("Prompt", TextDataViewType.Instance);
            builder.AddColumn("Response", TextDataViewType.Instance, annotations.ToAnnotations());
            Schema = builder.ToSchema();
        }

        public bool CanShuffle => false;

        public DataViewSchema Schema { get; }

        public long? GetRowCount() => _source.GetRowCount();

        public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
            _source.GetRowCursor(columnsNeeded, rand);

        public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
            _source.GetRowCursorSet(columnsNeeded, n, rand);
    }
}
