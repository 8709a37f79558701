namespace MLNetAttn.Experiments.Tests;

public sealed class SeedListTests
{
    [Theory]
    [InlineData("3", 3L)]
    [InlineData("2-4", 2L, 3L, 4L)]
    [InlineData("1-3,7", 1L, 2L, 3L, 7L)]
    [InlineData("7, 2 - 3, 2", 7L, 2L, 3L)]
    public void Ranges_and_numbers_may_follow_one_another(string text, params long[] seeds) => SeedList.Parse(text).Should().Equal(seeds);

    [Theory]
    [InlineData("5-4", "Seeds '5-4' are none*")]
    [InlineData("1,5-x", "Seeds '1,5-x' are not understood, expected first-last*")]
    [InlineData("1-2-3", "*not understood*")]
    [InlineData("", "*not understood*")]
    [InlineData("1-9999999999", "*not understood*")]
    public void What_is_none_is_refused(string text, string message) =>
        FluentActions.Invoking(() => SeedList.Parse(text)).Should().Throw<ArgumentException>().WithMessage(message);
}
