namespace MLNetAttn.Cli.Tests;

public sealed class ConfigWordingTests
{
    [Theory]
    [InlineData("Lower MaxNewTokens (512), or raise Generations (4).", "Lower options.max_new_tokens (512), or raise options.generations (4).")]
    [InlineData("Loss.EpsilonHigh is null, so Cispo caps at Epsilon (0.2)", "options.loss.epsilon_high is null, so cispo caps at options.loss.epsilon (0.2)")]
    [InlineData(
        "LearningRate was 0.1, and is 0.2; or begin anew in another OutputFolder.",
        "options.learning_rate was 0.1, and is 0.2; or begin anew in another \"output\".")]
    [InlineData("Set Resume to go on with it.", "Add --resume to go on with it.")]
    [InlineData("Steps was 2, and is 4. The steps were few. Loss may rise.", "options.steps was 2, and is 4. The steps were few. Loss may rise.")]
    [InlineData("TensorBoard and GitHub are no options.", "TensorBoard and GitHub are no options.")]
    [InlineData(
        "'/runs/MaxNewTokens' holds a run of the model's. Set Steps to 45.",
        "'/runs/MaxNewTokens' holds a run of the model's. Set options.steps to 45.")]
    [InlineData("Schedule was \"Constant\", and is \"Cosine\"; TopP was 1.", "options.schedule was \"constant\", and is \"cosine\"; options.top_p was 1.")]
    [InlineData("KeepBest is True, and PromptFormat Messages.", "options.keep_best is true, and options.prompt_format messages.")]
    [InlineData(
        "Lora asks for an adapter. Set Lora to null, or train one (Lora).",
        "options.lora asks for an adapter. Set options.lora to null, or train one (options.lora).")]
    [InlineData("or set NonFinite to Skip; set Beta to 0.", "or set options.non_finite to skip; set options.loss.beta to 0.")]
    public void Options_have_the_names_of_the_configuration(string message, string expected) =>
        ConfigWording.Of(new PolicyOptimizationConfig(), message).Should().Be(expected);

    [Fact]
    public void What_is_said_beside_other_options_has_their_names_alone_and_values_are_those_of_the_configuration()
    {
        var wording = new ConfigWording(typeof(PolicyOptimizationConfig));
        wording.Part("True where EvaluateEvery is null, as with SumThenNormalize ('KeepBest' aside)")
            .Should().Be("true where evaluate_every is null, as with sum_then_normalize ('KeepBest' aside)");
    }
}
