using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public class AdapterDropoutTests
{
    private const double Rate = 0.25;

    [Fact]
    public void A_share_becomes_zero_and_the_rest_is_scaled_up()
    {
        float[] values = Run(passes: 1);
        values.Should().OnlyContain(value => value == 0 || Math.Abs(value - 1 / (float)(1 - Rate)) < 1e-6f);
        values.Average(value => value == 0 ? 1 : 0).Should().BeApproximately(Rate, 0.02);
    }

    [Fact]
    public void Numbers_follow_from_update_pass_and_matrix_alone()
    {
        float[] first = Run(passes: 1);
        manual_seed(99);
        using (rand(7)) Run(passes: 1).Should().Equal(first, "torch's own random state plays no part");
        Run(passes: 2).Should().NotEqual(first);
        Run(passes: 1, matrix: 4).Should().NotEqual(first);
        Run(passes: 1, update: 8).Should().NotEqual(first);
    }

    [Fact]
    public void A_new_update_begins_with_its_first_pass()
    {
        ulong update = 7;
        var dropout = new AdapterDropout(Rate, () => update);
        for (int pass = 0; pass < 3; pass++) dropout.Begin();
        update = 8;
        dropout.Begin();
        Values(dropout, 3).Should().Equal(Run(passes: 1, update: 8));
    }

    [Fact]
    public void Torchs_random_state_is_left_alone()
    {
        using Generator state = manual_seed(3);
        using Tensor expected = rand(3);
        manual_seed(3);
        Run(passes: 1);
        using Tensor found = rand(3);
        found.data<float>().ToArray().Should().Equal(expected.data<float>().ToArray());
    }

    private static float[] Run(int passes, int matrix = 3, ulong update = 7)
    {
        var dropout = new AdapterDropout(Rate, () => update);
        for (int pass = 0; pass < passes; pass++) dropout.Begin();
        return Values(dropout, matrix);
    }

    private static float[] Values(AdapterDropout dropout, int matrix)
    {
        using var scope = NewDisposeScope();
        return [.. dropout.Apply(ones(4, 2500), matrix).data<float>()];
    }
}
