namespace MLNetAttn.Modeling.Tests;

public sealed class GenerationOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => FluentActions.Invoking(() => new GenerationOptions().Validate(3)).Should().NotThrow();

    [Fact]
    public void Every_violation_is_named_at_once()
    {
        var options = new GenerationOptions { MaxNewTokens = 0, Temperature = -1, TopK = -2, TopP = 0, MinP = 2, RepetitionPenalty = 0, SamplesPerPrompt = 0, PromptSeeds = [1] };
        FluentActions.Invoking(() => options.Validate(2)).Should().Throw<ArgumentException>().WithMessage(
            "GenerationOptions: MaxNewTokens is 0*Temperature is -1*TopK is -2*TopP is 0*MinP is 2*RepetitionPenalty is 0*SamplesPerPrompt is 0*PromptSeeds is 1 seeds, expected one for each of the 2 prompts.");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Numbers_that_are_not_finite_are_refused(double value) =>
        FluentActions.Invoking(() => new GenerationOptions { Temperature = value }.Validate(1)).Should().Throw<ArgumentException>().WithMessage("*Temperature*");
}
