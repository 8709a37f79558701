using System.Numerics;

namespace MLNetAttn.Modeling.Tests;

public sealed class RandomUniformTests
{
    [Fact]
    public void Numbers_lie_in_the_unit_interval_and_spread_evenly()
    {
        double[] numbers = [.. Enumerable.Range(0, 20_000).Select(n => RandomUniform.At(RandomUniform.Stream(7, 3, 1), n))];
        numbers.Should().OnlyContain(x => x >= 0 && x < 1);
        numbers.Average().Should().BeApproximately(0.5, 0.01);
        numbers.GroupBy(x => (int)(x * 10)).Should().OnlyContain(bin => bin.Count() > 1800 && bin.Count() < 2200);
    }

    [Fact]
    public void Streams_differ_by_seed_prompt_and_sample()
    {
        ulong[] streams = [RandomUniform.Stream(1, 0, 0), RandomUniform.Stream(2, 0, 0), RandomUniform.Stream(1, 1, 0), RandomUniform.Stream(1, 0, 1)];
        streams.Should().OnlyHaveUniqueItems();
        streams.Select(s => RandomUniform.At(s, 0)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void A_number_depends_on_nothing_but_its_place() =>
        RandomUniform.At(RandomUniform.Stream(5, 2, 4), 9).Should().Be(RandomUniform.At(RandomUniform.Stream(5, 2, 4), 9));

    [Fact]
    public void A_vector_of_numbers_holds_the_same_numbers()
    {
        ulong stream = ulong.MaxValue - 1;
        Enumerable.Range(0, Vector<double>.Count).Select(i => RandomUniform.VectorAt(stream, 3)[i])
            .Should().Equal(Enumerable.Range(0, Vector<double>.Count).Select(i => RandomUniform.At(stream, 3 + i)));
    }
}
