namespace MLNetAttn.Modeling.Tests;

public sealed class VocabularyReaderTests
{
    [Theory]
    [InlineData("""{"type":"BPE","merges":[]}""", "'model.vocab' is missing")]
    [InlineData("""{"type":"BPE","vocab":[],"merges":[]}""", "'model.vocab' is missing")]
    [InlineData("""{"type":"BPE","vocab":{"a":0}}""", "'model.merges' is missing")]
    [InlineData("""{"vocab":{"a":0}}""", "'model.type' is missing")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"b":0},"merges":[]}""", "'a' and 'b'*id 0")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"a":1},"merges":[]}""", "'a' is twice")]
    [InlineData("""{"type":"BPE","vocab":{"a":-1},"merges":[]}""", "'a'*no id")]
    [InlineData("""{"type":"BPE","vocab":{"a":1.5},"merges":[]}""", "'a'*no id")]
    [InlineData("""{"type":"BPE","vocab":{"a":"0"},"merges":[]}""", "'a'*no id")]
    [InlineData("""{"type":"BPE","vocab":{"a":2000000000},"merges":[]}""", "1 tokens, and the id 2000000000")]
    [InlineData("""{"type":"BPE","vocab":{"a":99999999999},"merges":[]}""", "'a'*no id")]
    [InlineData("""{"type":"BPE","vocab":{"\ud800":0},"merges":[]}""", "no valid Unicode")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"b":1},"merges":[["a","b"]]}""", "'model.merges[0]' needs the token 'ab'")]
    [InlineData("""{"type":"BPE","vocab":{"a":0,"aa":1},"merges":["a a","a c"]}""", "'model.merges[1]' needs the token 'ac'")]
    [InlineData("""{"type":"BPE","vocab":{"ab":0},"merges":["a b"]}""", "'model.merges[0]' needs the token 'a'")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["a b c"]}""", "'model.merges[0]' is no pair")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["a"]}""", "'model.merges[0]' is no pair")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[["a"]]}""", "'model.merges[0]' is no pair")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[["a","a","a"]]}""", "'model.merges[0]' is no pair")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":[1]}""", "'model.merges[0]' is no pair")]
    [InlineData("""{"type":"BPE","vocab":{"a":0},"merges":["\udc00 a"]}""", "'model.merges[0]' is no valid Unicode")]
    public void A_model_that_cannot_be_is_refused_with_its_place(string model, string named) =>
        FluentActions.Invoking(() => TokenizerJson.Load($$"""{"model":{{model}}}"""))
            .Should().Throw<InvalidDataException>().WithMessage($"*tokenizer.json*{named}*");

    [Fact]
    public void Merges_may_stand_before_the_vocabulary_and_be_written_either_way()
    {
        const string tables = """ "merges":[["a","b"],"ab c",["\u0061","bc"]],"vocab":{"a":5,"b":0,"c":1,"ab":7,"abc":3,"bc":4} """;
        Tokenizer tokenizer = TokenizerJson.Load($$$"""{"model":{{{{tables}}}},"decoder":{"type":"Fuse"}}""");
        tokenizer.Encode("abcbab").Should().Equal(3, 0, 7);
        tokenizer.VocabularySize.Should().Be(6);
        tokenizer.Decode([2, 3, 6]).Should().Be("abc");
    }

    [Fact]
    public void A_merge_longer_than_any_is_read()
    {
        string half = new('x', 5000);
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.Bpe(
            [half, half + half],
            [$"{half} {half}"],
            ("pre_tokenizer", """{"type":"WhitespaceSplit"}"""),
            ("model.ignore_merges", "true")));
        tokenizer.Encode(half + half).Should().Equal(1);
    }
}
