using System.Runtime.Intrinsics;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class VectorReductionTests
{
    private static readonly Gen<float[]> Numbers = Gen.Float[-100, 100].Array[64];

    public VectorReductionTests() => KernelCheck.RequireSupport();

    [Fact]
    public void Sums_of_one_and_of_four() => Numbers.Sample(numbers =>
    {
        Vector512<float>[] vectors = [.. Enumerable.Range(0, 4).Select(i => Vector512.Create(numbers, 16 * i))];
        Vector128<float> sums = VectorReduction.Sums(vectors[0], vectors[1], vectors[2], vectors[3]);
        for (int i = 0; i < 4; i++)
        {
            float expected = numbers[(16 * i)..(16 * i + 16)].Sum();
            sums[i].Should().BeApproximately(expected, 1e-3f);
            VectorReduction.Sum(vectors[i]).Should().BeApproximately(expected, 1e-3f);
        }
    });

    [Fact]
    public void Largest_of_all_places() => Numbers.Sample(numbers => VectorReduction.Largest(Vector512.Create(numbers)).Should().Be(numbers[..16].Max()));

    [Fact]
    public void Largest_of_any_count_whose_neighbours_do_not_count() => Gen.Select(Numbers, Gen.Int[1, 63]).Sample((numbers, count) =>
    {
        numbers[count] = 1000;
        unsafe
        {
            fixed (float* first = numbers) VectorReduction.Largest<float, SingleElement>(first, count).Should().Be(numbers[..count].Max());
        }
    });

    [Fact]
    public void Largest_beside_what_is_no_number_is_one_of_the_elements()
    {
        for (int i = 0; i < 16; i++) VectorReduction.Largest(Vector512<float>.One.WithElement(i, float.NaN)).Should().BeOneOf(1, float.NaN);
        VectorReduction.Largest(Vector512.Create(float.NaN)).Should().Be(float.NaN);
    }
}
