using CsCheck;

namespace MLNetAttn.Pipelines;

public sealed class SeededRandomTests
{
    [Fact]
    public void Draws_of_a_seed_stay_what_they_are()
    {
        var random = new SeededRandom(7);
        Enumerable.Range(0, 6).Select(_ => random.Next(100)).Should().Equal(72, 15, 87, 95, 10, 83);
    }

    [Fact]
    public void Draws_stay_below_their_bound() => Gen.Long.Select(Gen.Int[1, int.MaxValue]).Sample((seed, bound) =>
    {
        var random = new SeededRandom(seed);
        random.Next(bound).Should().BeInRange(0, bound - 1);
    });

    [Fact]
    public void Draws_are_uniform()
    {
        var random = new SeededRandom(1);
        var counts = new int[7];
        int below = 0;
        for (int i = 0; i < 70_000; i++)
        {
            counts[random.Next(7)]++;
            below += random.NextIsBelow(0.3) ? 1 : 0;
        }
        counts.Should().OnlyContain(count => Math.Abs(count - 10_000) < 400);
        below.Should().BeInRange(20_400, 21_600);
    }
}
