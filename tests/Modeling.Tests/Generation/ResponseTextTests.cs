namespace MLNetAttn.Modeling.Tests;

public sealed class ResponseTextTests
{
    private static readonly Tokenizer Tokenizer = Tokenizer.FromPretrained(
        Repository.Path("tests", "Modeling.Tests", "Tokenization", "Fixtures", "bytelevel-qwen"));

    [Fact]
    public void Characters_of_several_tokens_come_whole()
    {
        int[] ids = Tokenizer.Encode("héllo 😀 你好");
        ids.Length.Should().BeGreaterThan(9, "some characters here take several tokens");
        var text = new ResponseText(Tokenizer, new GenerationOptions { StopStrings = [] });
        string[] pieces = [.. ids.Select((id, i) => text.Append(id, last: i == ids.Length - 1))];
        pieces.Should().Contain("").And.NotContain(piece => piece.Contains('\uFFFD'));
        string.Concat(pieces).Should().Be("héllo 😀 你好");
    }

    [Fact]
    public void Text_is_held_back_while_a_stop_string_may_still_come()
    {
        int[] ids = Tokenizer.Encode("one\n\ntwo\n\nQuestion");
        var text = new ResponseText(Tokenizer, new GenerationOptions { StopStrings = ["\n\nQuestion"] });
        string shown = "";
        foreach (int id in ids)
        {
            shown += text.Append(id, last: false);
            shown.Should().NotEndWith("\n");
        }
        (shown, text.Stopped).Should().Be(("one\n\ntwo", true));
    }

    [Fact]
    public void What_is_held_back_comes_with_the_last_token_unless_it_completes_a_stop_string()
    {
        int half = Tokenizer.Encode("é")[0];
        var open = new ResponseText(Tokenizer, new GenerationOptions { StopStrings = ["never"] });
        (open.Append(half, last: true), open.ToString(), open.Stopped).Should().Be(("\uFFFD", "\uFFFD", false));
        var cut = new ResponseText(Tokenizer, new GenerationOptions { StopStrings = ["\uFFFD"] });
        (cut.Append(half, last: true), cut.ToString(), cut.Stopped).Should().Be(("", "", true));
    }

    [Fact]
    public void The_stop_string_may_stay_at_the_end_and_nothing_behind_it()
    {
        int[] ids = Tokenizer.Encode("one </answer>\n\ntwo");
        ResponseText.Of(Tokenizer, ids, new GenerationOptions { StopStrings = ["answer>\n", "two"], IncludeStopString = true })
            .ToString().Should().Be("one </answer>\n");
        ResponseText.Of(Tokenizer, ids, new GenerationOptions { StopStrings = ["answer>\n", "two"] }).ToString().Should().Be("one </");
        ResponseText.Of(Tokenizer, ids, new GenerationOptions { StopStrings = ["three"], IncludeStopString = true })
            .ToString().Should().Be("one </answer>\n\ntwo");
        ResponseText.Of(Tokenizer, [], new GenerationOptions()).ToString().Should().BeEmpty();
    }
}
