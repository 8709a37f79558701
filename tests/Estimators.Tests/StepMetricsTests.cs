using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public sealed class StepMetricsTests
{
    private static readonly HeadGroups Before = new([new HeadIndex(0, 1), new HeadIndex(1, 2)], [new HeadIndex(1, 0), new HeadIndex(0, 3)]);

    [Fact]
    public void Head_turnover_is_the_share_of_heads_that_left_their_group()
    {
        Turnover(Before).Should().Be(0);
        Turnover(new HeadGroups([new HeadIndex(1, 2), new HeadIndex(1, 3)], Before.Global)).Should().Be(0.25, "one of four is another");
        Turnover(new HeadGroups(Before.Global, Before.Local)).Should().Be(1, "a head that went over to the other group left its own");

        static double Turnover(HeadGroups now) => Measured([Analysis([1], [1])], Before, now)["credit/head_turnover"];
    }

    [Fact]
    public void Where_there_are_no_groups_to_compare_with_there_is_no_turnover() =>
        Measured([Analysis([1], [1])], null, Before).Keys.Should().Contain("credit/waad_mean").And.NotContain("credit/head_turnover");

    [Fact]
    public void Means_of_attention_are_over_all_tokens_that_have_a_value()
    {
        IReadOnlyDictionary<string, double> metrics = Measured([Analysis([1, 2, 6], [0.5f, 0.25f, float.NaN]), Analysis([5], [float.NaN])], null, null);
        metrics["credit/waad_mean"].Should().Be(14 / 4.0);
        metrics["credit/fai_mean"].Should().Be(0.75 / 2);
        Measured([Analysis([5], [float.NaN])], null, null)["credit/fai_mean"].Should().Be(double.NaN);
    }

    [Fact]
    public void Without_a_response_that_ended_their_mean_length_is_0()
    {
        var metrics = new StepMetrics();
        metrics.Sampled([7, 7], [true, true]);
        metrics.End(tokens: 0)["completions/mean_terminated_length"].Should().Be(0);
    }

    private static IReadOnlyDictionary<string, double> Measured(RhythmAnalysis[] rhythm, HeadGroups? before, HeadGroups? now)
    {
        var metrics = new StepMetrics();
        metrics.Credited([.. rhythm.Select(analysis => CreditAssignment.Uniform(analysis.Waad.Length))], rhythm, before, now);
        return metrics.End(tokens: 0);
    }

    private static RhythmAnalysis Analysis(float[] waad, float[] fai) => new() { Waad = waad, Fai = fai, Entropies = waad, LogProbabilities = waad };
}
