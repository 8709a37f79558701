namespace MLNetAttn.Modeling.Tests;

public sealed class GenerationOptionsTests
{
    [Fact]
    public void Defaults_are_valid() => FluentActions.Invoking(() => new GenerationOptions().Validate(3)).Should().NotThrow();

    [Fact]
    public void Every_violation_is_named_at_once()
    {
        var options = new GenerationOptions
        {
            MaxNewTokens = 0,
            Temperature = -1,
            TopK = -2,
            TopP = 1.5,
            MinP = 2,
            RepetitionPenalty = 0,
            SamplesPerPrompt = 0,
            PromptSeeds = [1],
            BatchSize = 0,
            MaximumCacheBytes = 0,
            StopStrings = ["fine", "", "half \uD83D"],
        };
        FluentActions.Invoking(() => options.Validate(2)).Should().Throw<ArgumentException>().WithMessage(
            "GenerationOptions: MaxNewTokens is 0*Temperature is -1*TopK is -2*TopP is 1.5*MinP is 2*RepetitionPenalty is 0*SamplesPerPrompt is 0*BatchSize is 0*MaximumCacheBytes is 0*" +
            "StopStrings[1] is empty*StopStrings[2] is a text with half a character*PromptSeeds is 1 seeds, expected one for each of the 2 prompts.");
    }

    [Fact]
    public void What_the_model_lacks_is_named()
    {
        using CausalLanguageModel silent = TinyModel.Create(), writing = TinyModel.CreateWithTokenizer();
        Refused(silent, new() { StopStrings = ["."] }, "*StopStrings is given, expected none: the model has no tokenizer*");
        Refused(silent, new() { StopTokenIds = [3, 50] }, "*StopTokenIds is 50, expected ids from 0 to 49*");
        Refused(
            writing,
            new() { StopStrings = [".", "\n<|im_end|>"] },
            "*StopStrings[1] is a text with '<|im_end|>', expected no special token, since text has none: add 902 to StopTokenIds instead*");
        new GenerationOptions { StopStrings = ["<think>", "<|im_"], StopTokenIds = [902] }
            .Invoking(options => options.Validate(1, writing)).Should().NotThrow();

        static void Refused(CausalLanguageModel model, GenerationOptions options, string message) =>
            options.Invoking(it => it.Validate(1, model)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e-7)]
    public void Numbers_that_would_not_leave_logits_finite_are_refused(double value) =>
        FluentActions.Invoking(() => new GenerationOptions { Temperature = value, RepetitionPenalty = value }.Validate(1))
            .Should().Throw<ArgumentException>().WithMessage("*Temperature*RepetitionPenalty*");
}
