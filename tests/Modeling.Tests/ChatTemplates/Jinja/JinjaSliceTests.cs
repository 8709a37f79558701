using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class JinjaSliceTests
{
    private static readonly Gen<int?> Bound = Gen.Int[-9, 9].Nullable();

    [Fact]
    public void A_slice_means_what_stepping_through_means() => Gen
        .Select(Bound, Bound, Gen.Int[-4, 4].Where(step => step != 0).Nullable(), Gen.Int[0, 6])
        .Sample((start, stop, step, length) =>
        {
            int stride = step ?? 1, first = Place(start) ?? (stride > 0 ? 0 : length - 1), end = Place(stop) ?? (stride > 0 ? length : -1);
            List<int> expected = [];
            for (int at = first; stride > 0 ? at < end : at > end; at += stride)
                if (at >= 0 && at < length)
                    expected.Add(at);
            SliceBounds bounds = new JinjaSlice(Value(start), Value(stop), Value(step)).Resolve(length)!.Value;

            // A slice that begins outside of the sequence begins at its edge, not at the first step inside.
            bool beginsInside = first >= 0 && first < length;
            Enumerable.Range(0, bounds.Count).Select(item => bounds[item]).Should().Equal(beginsInside ? expected : Clamped(first, end, stride, length));

            int? Place(int? bound) => bound < 0 ? bound + length : bound;
        });

    [Fact]
    public void A_step_of_zero_is_refused_and_other_types_are_no_slice()
    {
        FluentActions.Invoking(() => new JinjaSlice(JinjaNone.Instance, JinjaNone.Instance, new JinjaInteger(0)).Resolve(3)).Should().Throw<JinjaException>();
        new JinjaSlice(new JinjaText("a"), JinjaNone.Instance, JinjaNone.Instance).Resolve(3).Should().BeNull();
        new JinjaSlice(
                new JinjaInteger(-(System.Numerics.BigInteger.One << 99)),
                new JinjaInteger(System.Numerics.BigInteger.One << 99),
                JinjaNone.Instance)
            .Resolve(3)!.Value.Count.Should().Be(3);
    }

    private static IEnumerable<int> Clamped(int first, int end, int stride, int length)
    {
        int from = stride > 0 ? Math.Clamp(first, 0, length) : Math.Clamp(first, -1, length - 1);
        for (int at = from; stride > 0 ? at < Math.Min(end, length) : at > Math.Max(end, -1); at += stride)
            yield return at;
    }

    private static JinjaValue Value(int? bound) => bound is { } given ? new JinjaInteger(given) : JinjaNone.Instance;
}
