namespace MLNetAttn.Modeling.Tests;

public sealed class LengthPartsTests
{
    [Fact]
    public void Every_sequence_is_in_one_part_and_no_part_holds_much_padding()
    {
        var random = new Random(5);
        TokenSequence[] sequences = [.. Enumerable.Range(0, 100).Select(_ => new TokenSequence(new int[random.Next(1, 10)], new int[random.Next(1, 120)]))];
        int[][] parts = [.. LengthParts.Split(sequences)];
        parts.SelectMany(part => part).Should().BeEquivalentTo(Enumerable.Range(0, sequences.Length));
        parts.Should().OnlyContain(part => part.Min(i => sequences[i].Length) >= 0.75 * part.Max(i => sequences[i].Length));
    }

    [Fact]
    public void Sequences_of_one_length_go_together_as_far_as_memory_allows()
    {
        LengthParts.Split([.. Enumerable.Repeat(new TokenSequence(new int[4], new int[4]), 300)]).Should().ContainSingle();
        LengthParts.Split([.. Enumerable.Repeat(new TokenSequence(new int[4], new int[8188]), 10)]).Select(part => part.Length).Should().Equal(4, 4, 2);
        LengthParts.Split([.. Enumerable.Repeat(new TokenSequence(new int[4], new int[4]), 7)], most: 3).Select(part => part.Length).Should().Equal(3, 3, 1);
    }

    [Fact]
    public void No_sequences_make_no_parts() => LengthParts.Split([]).Should().BeEmpty();
}
