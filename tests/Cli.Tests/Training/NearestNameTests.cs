namespace MLNetAttn.Cli.Tests;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("steps", "", 5)]
    [InlineData("stpes", "steps", 1)]
    public void Distances_count_changes_and_swaps(string first, string second, int distance)
    {
        NearestName.Distance(first, second).Should().Be(distance);
        NearestName.Distance(second, first).Should().Be(distance);
    }

    [Theory]
    [InlineData("learning_rte", "learning_rate")]
    [InlineData("num_generations", "generations")]
    [InlineData("max_grad_norm", "max_gradient_norm")]
    [InlineData("bet", "beta")]
    [InlineData("colour", null)]
    public void The_nearest_is_found_if_it_is_near(string name, string? nearest) =>
        NearestName.Find(name, ["steps", "learning_rate", "generations", "max_gradient_norm", "beta"]).Should().Be(nearest);

    [Theory]
    [InlineData("max_len", "max_length")]
    [InlineData("max", "max_length")]
    [InlineData("ma", null)]
    [InlineData("length", null)]
    public void The_shortest_name_that_begins_so_completes_it(string name, string? whole) =>
        NearestName.Complete(name, ["max_gradient_norm", "max_length", "mask"]).Should().Be(whole);
}
