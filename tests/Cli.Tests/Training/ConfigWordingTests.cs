namespace MLNetAttn.Cli.Tests;

public sealed class ConfigWordingTests
{
    [Theory]
    [InlineData("Lower MaxNewTokens (512), or raise Generations (4).", "Lower options.max_new_tokens (512), or raise options.generations (4).")]
    [InlineData("Loss.EpsilonHigh is null, so Cispo caps at Epsilon (0.2)", "options.loss.epsilon_high is null, so Cispo caps at options.loss.epsilon (0.2)")]
    [InlineData(
        "LearningRate was 0.1, and is 0.2; or begin anew in another OutputFolder.",
        "options.learning_rate was 0.1, and is 0.2; or begin anew in another \"output\".")]
    [InlineData("Set Resume to go on with it.", "Add --resume to go on with it.")]
    [InlineData("Steps was 2, and is 4. The steps were few. Loss may rise.", "options.steps was 2, and is 4. The steps were few. Loss may rise.")]
    [InlineData("TensorBoard and GitHub are no options.", "TensorBoard and GitHub are no options.")]
    public void Options_have_the_names_of_the_configuration(string message, string expected) =>
        ConfigWording.Of(new PolicyOptimizationConfig(), message).Should().Be(expected);
}
