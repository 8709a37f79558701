using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class BpeModelTests
{
    [Fact]
    public void Merges_go_by_rank_and_from_the_left()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.Bpe(["a", "b", "c", "ab", "bc", "aa"], ["b c", "a b", "a a"]));
        tokenizer.EncodeWithOffsets("abc").Tokens.Should().Equal("a", "bc");
        tokenizer.EncodeWithOffsets("aaa").Tokens.Should().Equal("aa", "a");
        tokenizer.EncodeWithOffsets("aab").Tokens.Should().Equal("a", "ab");
    }

    [Fact]
    public void A_whole_word_of_the_vocabulary_may_come_before_the_merges()
    {
        string definition = TokenizerJson.Bpe(["a", "b", "aba"], []);
        TokenizerJson.Load(definition).Encode("aba").Should().Equal(0, 1, 0);
        TokenizerJson.Load(TokenizerJson.With(definition, ("model.ignore_merges", "true"))).Encode("aba").Should().Equal(2);
    }

    [Fact]
    public void Unknown_characters_vanish_become_one_token_each_or_one_together()
    {
        string definition = TokenizerJson.Bpe(["a", "?"], []);
        string unknown = TokenizerJson.With(definition, ("model.unk_token", "\"?\""));
        TokenEncoding dropped = TokenizerJson.Load(definition).EncodeWithOffsets("aé😀a");
        dropped.Ids.Should().Equal(0, 0);
        dropped.Offsets.Should().Equal((0, 1), (4, 5));
        TokenizerJson.Load(unknown).EncodeWithOffsets("aé😀a").Offsets.Should().Equal((0, 1), (1, 2), (2, 4), (4, 5));
        TokenEncoding fused = TokenizerJson.Load(TokenizerJson.With(unknown, ("model.fuse_unk", "true"))).EncodeWithOffsets("aé😀a😀");
        fused.Ids.Should().Equal(0, 1, 0, 1);
        fused.Offsets.Should().Equal((0, 1), (1, 4), (4, 5), (5, 7));
    }

    [Fact]
    public void Byte_fallback_takes_all_bytes_of_a_character_or_none()
    {
        string definition = TokenizerJson.With(
            TokenizerJson.Bpe(["a", "?", "<0xC3>", "<0xA9>", "<0xE4>"], []),
            ("model.unk_token", "\"?\""), ("model.byte_fallback", "true"));
        TokenEncoding encoding = TokenizerJson.Load(definition).EncodeWithOffsets("aéä");
        encoding.Tokens.Should().Equal("a", "<0xC3>", "<0xA9>", "?");
        encoding.Offsets.Should().Equal((0, 1), (1, 2), (1, 2), (2, 3));
    }

    [Fact]
    public void Bytes_without_a_symbol_in_the_vocabulary_vanish_or_fall_back()
    {
        (string, string) bytes = ("pre_tokenizer", """{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}""");
        string definition = TokenizerJson.Bpe(["a", "Ã", "<0xC2>", "<0xA9>"], [], bytes);
        TokenizerJson.Load(definition).Encode("aéa").Should().Equal(0, 1, 0);
        // U+00A9 is the symbol of byte A9, and in UTF-8 it is C2 A9.
        TokenizerJson.Load(TokenizerJson.With(definition, ("model.byte_fallback", "true"))).Encode("éé").Should().Equal(1, 2, 3, 1, 2, 3);
    }

    [Fact]
    public void Long_words_merge_as_short_ones_do()
    {
        Gen.Select(Gen.Int[1, 30], Gen.Int[0, 10_000]).Sample((mergeCount, seed) =>
        {
            Random random = new(seed);
            List<string> tokens = ["a", "b", "c"];
            List<Merge> merges = [];
            while (merges.Count < mergeCount)
            {
                (int left, int right) = (random.Next(tokens.Count), random.Next(tokens.Count));
                string token = tokens[left] + tokens[right];
                if (token.Length > 12)
                    continue;
                if (!tokens.Contains(token))
                    tokens.Add(token);
                merges.Add(new Merge(left, right, tokens.IndexOf(token)));
            }
            MergeTable table = new(merges);
            int[] text = [.. Enumerable.Range(0, random.Next(1, 400)).Select(_ => random.Next(3))];
            Symbol[] symbols = [.. text.Select((id, index) => new Symbol { Id = id, Start = index, End = index + 1 })];
            int count = SymbolMerger.Merge(symbols, table);
            (int, int)[] found = [.. symbols[..count].Select(symbol => (symbol.Id, symbol.End))];
            return found.SequenceEqual(MergeOneByOne(text, table));
        }, iter: 300);
    }

    [Fact]
    public void A_word_of_a_million_characters_takes_no_longer_than_it_should()
    {
        Tokenizer tokenizer = TokenizerJson.Load(TokenizerJson.Bpe(["a", "aa", "aaaa", "aaaaaaaa"], ["a a", "aa aa", "aaaa aaaa"]));
        int[] ids = tokenizer.Encode(new string('a', 1_000_000));
        ids.Should().HaveCount(125_000).And.OnlyContain(id => id == 3);
    }

    /// <summary>The definition: find the lowest rank, the leftmost of equals; merge; begin again.</summary>
    private static List<(int Id, int End)> MergeOneByOne(int[] text, MergeTable table)
    {
        List<(int Id, int End)> symbols = [.. text.Select((id, index) => (id, index + 1))];
        while (true)
        {
            int best = -1;
            int bestRank = MergeTable.NoRank;
            int merged = 0;
            for (int index = 0; index + 1 < symbols.Count; index++)
                if (table.Find(symbols[index].Id, symbols[index + 1].Id, out int candidate) is var rank && rank < bestRank)
                    (best, bestRank, merged) = (index, rank, candidate);
            if (best < 0)
                return symbols;
            symbols[best] = (merged, symbols[best + 1].End);
            symbols.RemoveAt(best + 1);
        }
    }
}
