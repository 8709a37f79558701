using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

public sealed class LengthPenaltyTests
{
    private readonly MLContext _ml = new(seed: 1);

    // TRL's get_soft_overlong_punishment(max_completion_len=100, soft_punish_cache=20).
    [Theory]
    [InlineData(0, 0f)]
    [InlineData(80, 0f)]
    [InlineData(81, -0.05f)]
    [InlineData(90, -0.5f)]
    [InlineData(99, -0.95f)]
    [InlineData(100, -1f)]
    [InlineData(101, -1f)]
    public void The_penalty_falls_over_the_last_tokens(int length, float penalty) =>
        _ml.Transforms.LengthPenalty(100, 20).Rewards(Rows(length)).Should().Equal(penalty);

    [Theory]
    [InlineData(100, 0f)]
    [InlineData(101, -1f)]
    public void Without_a_soft_part_only_what_is_longer_is_punished(int length, float penalty) =>
        _ml.Transforms.LengthPenalty(100, 0).Rewards(Rows(length)).Should().Equal(penalty);

    [Fact]
    public void It_never_rises_with_the_length()
    {
        float[] penalties = _ml.Transforms.LengthPenalty(64, 48).Rewards(Rows([.. Enumerable.Range(0, 80)]));
        penalties.Should().BeInDescendingOrder().And.OnlyContain(penalty => penalty >= -1 && penalty <= 0);
    }

    [Fact]
    public Task It_holds_its_promises() => _ml.ShouldHoldItsPromises(_ml.Transforms.LengthPenalty(10, 4, outputColumnName: "Overlong"), Rows(3, 7, 9, 12));

    [Fact]
    public void All_options_out_of_range_are_named()
    {
        Action create = () => _ml.Transforms.LengthPenalty(new LengthPenaltyOptions { MaximumLength = 0, SoftLength = 5, ResponseColumnName = "" });
        create.Should().Throw<ArgumentException>().WithMessage(
            "LengthPenaltyOptions: ResponseColumnName is empty*MaximumLength is 0, expected at least 1*SoftLength is 5, expected 0 to MaximumLength, 0.");
    }

    private IDataView Rows(params int[] lengths) => _ml.Data.LoadFromEnumerable(lengths.Select(length => new Row { ResponseTokenIds = new int[length] }));

    private sealed class Row
    {
        [VectorType]
        public int[] ResponseTokenIds { get; init; } = [];
    }
}
