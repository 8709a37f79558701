using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class AttentionFlowTests
{
    private static readonly Gen<double[][]> Map = Gen.Int[3, 25].SelectMany(length => Gen.Double[0, 1].Array[length].Array[length]
        .Select(rows => rows.Select((row, t) => Normalize(row[..(t + 1)])).ToArray()));

    [Fact]
    public void What_is_injected_at_the_question_arrives_at_the_answer() => Gen.Select(Map, Gen.Int[1, 10], Gen.Int[1, 10]).Sample((map, prompt, answer) =>
    {
        (prompt, answer) = (Math.Min(prompt, map.Length - 2), Math.Min(answer, map.Length - 2));
        (int Start, int End) at = (Math.Max(prompt, map.Length - 1 - answer), map.Length - 1);
        FlowAnalysis flow = FlowAnalysis.Trace(map, prompt, (0, prompt), at);
        flow.Inflow[at.Start..at.End].Sum().Should().BeApproximately(1, 1e-9);
        flow.Inflow.Should().OnlyContain(f => f >= 0);
        flow.Throughput.Select((f, i) => f - 2 * flow.Inflow[i]).Take(at.Start).Should().OnlyContain(difference => Math.Abs(difference) < 1e-12);
        flow.Reachability[^1].Should().Be(0, "nothing follows the last token");
    });

    [Fact]
    public void All_that_flows_through_a_chain_passes_every_link()
    {
        // 0 → 1 → 2 → 3: each token attends to the one before it only, half of it to itself.
        double[][] map = [[1], [0.5, 0.5], [0, 0.5, 0.5], [0, 0, 0.5, 0.5]];
        FlowAnalysis flow = FlowAnalysis.Trace(map, promptLength: 1, (0, 1), (3, 4));
        flow.Reachability.Should().Equal(0.125, 0.25, 0.5, 1);
        flow.Inflow.Should().Equal(1, 1, 1, 1);
        flow.Throughput.Should().Equal(2, 2, 2, 1);
        flow.ResponseThroughput.Should().Equal(2, 2, 1);
    }

    [Fact]
    public void A_question_token_that_nothing_looks_at_keeps_its_share()
    {
        double[][] map = [[1], [0, 1], [0, 1, 0]];
        FlowAnalysis flow = FlowAnalysis.Trace(map, promptLength: 2, (0, 2), (2, 3));
        flow.Reachability.Should().Equal(0, 1, 1);
        flow.Inflow.Should().Equal(0.5, 0.5, 0.5);
        flow.Throughput.Should().Equal(0.5, 1, 0.5);
    }

    private static double[] Normalize(double[] row) => [.. row.Select(x => (x + 0.01) / row.Sum(y => y + 0.01))];
}
