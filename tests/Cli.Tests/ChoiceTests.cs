using System.CommandLine;
using MLNetAttn.Modeling;
using MLNetAttn.Pipelines;

namespace MLNetAttn.Cli.Tests;

public sealed class ChoiceTests
{
    [Theory]
    [InlineData("olympiad_bench")]
    [InlineData("OlympiadBench")]
    [InlineData("olympiadbench")]
    public void Values_are_read_as_configurations_and_as_CSharp_write_them(string text)
    {
        var choice = new Choice<ProblemFormat>("--task", "Whose problems.", usual: null);
        ParseResult parsed = new RootCommand { choice.Option }.Parse(["--task", text]);
        parsed.Errors.Should().BeEmpty();
        choice.Read(parsed).Should().Be(ProblemFormat.OlympiadBench);
    }

    [Theory]
    [InlineData("frozen")]
    [InlineData("1")]
    public void Others_are_refused_with_those_that_there_are(string text)
    {
        var choice = new Choice<HeadGrouping>("--grouping", "Whose heads.", HeadGrouping.PerSequence, without: HeadGrouping.Frozen);
        new RootCommand { choice.Option }.Parse(["--grouping", text]).Errors
            .Should().ContainSingle().Which.Message.Should().Be($"--grouping is {text}, expected one of per_sequence, per_batch.");
        choice.Read(new RootCommand { choice.Option }.Parse([])).Should().Be(HeadGrouping.PerSequence);
    }
}
