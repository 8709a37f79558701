namespace MLNetAttn.Modeling.Tests;

/// <summary>What tokenizer.json can say that is not known, or not possible.</summary>
public sealed class TokenizerPartsTests
{
    private static readonly string Definition = TokenizerJson.Bpe(["a", "b", "ab"], ["a b"]);

    [Theory]
    [InlineData("normalizer", """{"type":"Lowercase"}""", "normalizer 'Lowercase'")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"NFKC"}]}""", "normalizer 'NFKC'")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"Regex":"a+"},"content":"a"}""", "regular expression 'a+'")]
    [InlineData("pre_tokenizer", """{"type":"BertPreTokenizer"}""", "pre-tokenizer 'BertPreTokenizer'")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"Regex":"a(?<=b)"},"behavior":"Isolated"}""", "'(?<='")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"String":"a"},"behavior":"Shuffled"}""", "'Shuffled'")]
    [InlineData("pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}""", "'ByteLevel' before another")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"_","prepend_scheme":"sometimes"}""", "'sometimes'")]
    [InlineData("post_processor", """{"type":"BertProcessing","sep":["a",0],"cls":["b",1]}""", "post-processor 'BertProcessing'")]
    [InlineData("decoder", """{"type":"WordPiece","prefix":"##"}""", "decoder 'WordPiece'")]
    [InlineData("model.type", "\"Unigram\"", "model 'Unigram'")]
    [InlineData("model.dropout", "0.1", "'model.dropout'")]
    [InlineData("model.continuing_subword_prefix", "\"##\"", "'##'")]
    public void What_is_not_known_is_refused_by_name(string key, string json, string named) =>
        FluentActions.Invoking(() => TokenizerJson.Load(TokenizerJson.With(Definition, (key, json))))
            .Should().Throw<NotSupportedException>().WithMessage($"*tokenizer.json*{named}*");

    [Theory]
    [InlineData("normalizer", """{"prepend":"a"}""", "normalizer has no 'type'")]
    [InlineData("normalizer", """{"type":"Prepend"}""", "'prepend' of Prepend is missing")]
    [InlineData("normalizer", "[]", "'normalizer' is []")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{},"behavior":"Isolated"}""", "neither 'Regex' nor 'String'")]
    [InlineData("pre_tokenizer", """{"type":"Split","pattern":{"String":""},"behavior":"Isolated"}""", "is empty")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"__"}""", "single character")]
    [InlineData("pre_tokenizer", """{"type":"Sequence"}""", "'pretokenizers' of Sequence is missing")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[]}""", "has no text")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"B"}}]}""", "sequence A")]
    [InlineData("post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}]}""", "special token 'x'")]
    [InlineData(
        "post_processor",
        """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"special_tokens":{"x":{"ids":[77],"tokens":["x"]}}}""",
        "id 77")]
    [InlineData("decoder", """{"type":"Strip","content":" ","start":-1,"stop":0}""", "'start'")]
    [InlineData("model", "null", "'model' is missing")]
    [InlineData("model.unk_token", "\"<unk>\"", "'<unk>', which is not in the vocabulary")]
    [InlineData("added_tokens", """[{"id":1}]""", "no 'content'")]
    [InlineData("added_tokens", """[{"content":"x"}]""", "'added_tokens[0].id' is missing")]
    [InlineData("added_tokens", """[{"content":"x","id":-1}]""", "ids begin at 0")]
    [InlineData("added_tokens", """[{"content":"x","id":1}]""", "id 1, which 'b' has too")]
    [InlineData("added_tokens", """[{"content":"a","id":7}]""", "id 7, and the id 0 elsewhere")]
    [InlineData("added_tokens", """[{"content":"x","id":7},{"content":"y","id":7}]""", "id 7, which 'x' has too")]
    public void What_is_not_possible_is_refused_with_its_place(string key, string json, string named) =>
        FluentActions.Invoking(() => TokenizerJson.Load(TokenizerJson.With(Definition, (key, json))))
            .Should().Throw<InvalidDataException>().WithMessage($"*tokenizer.json*{named}*");

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"model\":")]
    [InlineData("{\"model\":{\"vocab\":{\"a\":0},\"merges\":[\"a")]
    [InlineData("{} {}")]
    [InlineData("{\"model\":{},\"model\":{}}")]
    public void A_file_that_is_no_single_object_is_refused(string definition) =>
        FluentActions.Invoking(() => TokenizerJson.Load(definition)).Should().Throw<InvalidDataException>().WithMessage("*tokenizer.json*");

    [Fact]
    public void A_file_of_every_length_is_refused_but_the_whole_one()
    {
        for (int length = 0; length < Definition.Length; length++)
            FluentActions.Invoking(() => TokenizerJson.Load(Definition[..length])).Should().Throw<InvalidDataException>();
        TokenizerJson.Load(Definition).Encode("ab").Should().Equal(2);
    }

    [Fact]
    public void Rules_that_make_text_grow_without_end_are_stopped()
    {
        string growing = string.Join(',', Enumerable.Repeat("""{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaa"}""", 16));
        Tokenizer encoding = TokenizerJson.Load(TokenizerJson.With(Definition, ("normalizer", $$"""{"type":"Sequence","normalizers":[{{growing}}]}""")));
        encoding.Invoking(t => t.Encode("aaaa")).Should().Throw<InvalidDataException>().WithMessage("*normalizer*");
        Tokenizer decoding = TokenizerJson.Load(TokenizerJson.With(Definition, ("decoder", $$"""{"type":"Sequence","decoders":[{{growing}}]}""")));
        decoding.Invoking(t => t.Decode([0, 0, 0, 0])).Should().Throw<InvalidDataException>().WithMessage("*decoder*");
    }
}
