namespace MLNetAttn.Modeling.Tests;

public sealed class TokenDecoderTests
{
    [Fact]
    public void Byte_level_joins_bytes_before_it_decodes_them()
    {
        new ByteLevelDecoder().Decode(["ðŁĺ", "Ģ", "Ġa"]).Should().Equal("😀 a");
        new ByteLevelDecoder().Decode(["ðŁĺ", "x"]).Should().Equal("\uFFFDx");
        new ByteLevelDecoder().Decode(["<a b>é漢"]).Should().Equal("<a b>é漢");
    }

    [Fact]
    public void Byte_fallback_decodes_a_run_as_a_whole_or_not_at_all()
    {
        new ByteFallbackDecoder().Decode(["a", "<0xC3>", "<0xA9>", "b"]).Should().Equal("a", "é", "b");
        new ByteFallbackDecoder().Decode(["<0x41>", "<0xC3>"]).Should().Equal("\uFFFD\uFFFD");
        new ByteFallbackDecoder().Decode(["<0xZZ>", "<0x4>", "<0x041>"]).Should().Equal("<0xZZ>", "<0x4>", "<0x041>");
    }

    [Fact]
    public void Strip_removes_no_more_than_it_may()
    {
        new StripDecoder(' ', 1, 0).Decode(["  a ", "b"]).Should().Equal(" a ", "b");
        new StripDecoder(' ', 0, 2).Decode(["  a   ", " "]).Should().Equal("  a ", "");
        new StripDecoder(' ', 5, 5).Decode([" ", ""]).Should().Equal("", "");
    }

    [Fact]
    public void Metaspace_turns_marks_into_spaces_but_for_the_first_token()
    {
        new MetaspaceDecoder('▁', dropsFirst: true).Decode(["▁a▁b", "▁c"]).Should().Equal("ab", " c");
        new MetaspaceDecoder('▁', dropsFirst: false).Decode(["▁a", "▁c"]).Should().Equal(" a", " c");
    }
}
