using System.CommandLine;

namespace MLNetAttn.Experiments.Tests;

public sealed class SettingsArgumentsTests
{
    [Theory]
    [InlineData(512)]
    [InlineData(7, "--test-problems", "7")]
    [InlineData(null, "--task", "Gsm8k", "--train", "a", "--test", "b")]
    [InlineData(7, "--task", "Gsm8k", "--train", "a", "--test", "b", "--test-problems", "7")]
    public void All_problems_of_a_test_file_are_held_out_where_nothing_limits_them(int? expected, params string[] options)
    {
        var settings = new SettingsArguments();
        Command command = new("run");
        settings.AddTo(command);
        settings.Read(command.Parse(options)).TestProblems.Should().Be(expected);
    }
}
