using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class JinjaComparisonTests
{
    [Fact]
    public void Sorting_keeps_the_order_of_equal_items() => Gen.Select(Gen.Int[0, 4].Array[0, 20], Gen.Bool).Sample((keys, reverse) =>
    {
        (int Key, int Index)[] items = [.. keys.Select((key, index) => (key, index))];
        IEnumerable<(int, int)> expected = reverse ? items.OrderByDescending(item => item.Key) : items.OrderBy(item => item.Key);
        JinjaComparison.Sort(items, item => new JinjaInteger(item.Key), reverse, Templates.State()).Should().Equal(expected);
    });

    [Theory]
    [InlineData("9007199254740993 == 9007199254740992.0", "False")]
    [InlineData("9007199254740993 > 9007199254740992.0", "True")]
    [InlineData("10 ** 400 > 1e308", "True")]
    [InlineData("('nan' | float) == ('nan' | float)", "False")]
    [InlineData("('nan' | float) < 1", "False")]
    [InlineData("[1, ('nan' | float)] < [2]", "True")]
    [InlineData("{'a': [1, {'b': (2,)}]} == {'a': [1.0, {'b': (2,)}]}", "True")]
    [InlineData("{1: 2} == {true: 2.0}", "True")]
    public void Values_compare_as_in_Python(string expression, string expected) => Templates.Evaluate(expression).Should().Be(expected);
}
