namespace MLNetAttn.Estimators.Tests;

public class SeededOrderTests
{
    [Fact]
    public void A_permutation_has_every_row_once_and_depends_on_seed_round_and_purpose()
    {
        int[] order = SeededOrder.Permutation(50, seed: 3, round: 0, RandomPurpose.RowOrder);
        order.Should().BeEquivalentTo(Enumerable.Range(0, 50)).And.NotBeInAscendingOrder();
        SeededOrder.Permutation(50, 3, 0, RandomPurpose.RowOrder).Should().Equal(order);
        SeededOrder.Permutation(50, 4, 0, RandomPurpose.RowOrder).Should().NotEqual(order);
        SeededOrder.Permutation(50, 3, 1, RandomPurpose.RowOrder).Should().NotEqual(order);
        SeededOrder.Permutation(50, 3, 0, RandomPurpose.MiniBatches).Should().NotEqual(order);
    }

    [Fact]
    public void Every_first_place_is_equally_likely()
    {
        int[] counts = new int[5];
        for (int round = 0; round < 5000; round++) counts[SeededOrder.Permutation(5, 1, round, RandomPurpose.RowOrder)[0]]++;
        counts.Should().OnlyContain(count => count > 850 && count < 1150);
    }

    [Fact]
    public void Steps_visit_all_rows_once_a_pass_even_across_the_border_of_passes()
    {
        int[] visits = [.. Enumerable.Range(0, 7).SelectMany(step => SeededOrder.Visit(count: 14, first: 4 * step, size: 4, seed: 2))];
        visits[..14].Should().BeEquivalentTo(Enumerable.Range(0, 14));
        visits[14..].Should().BeEquivalentTo(Enumerable.Range(0, 14)).And.NotEqual(visits[..14]);
    }

    [Fact]
    public void A_step_may_be_larger_than_the_data() =>
        SeededOrder.Visit(count: 3, first: 9, size: 9, seed: 2).GroupBy(row => row).Should().OnlyContain(group => group.Count() == 3);
}
