using Microsoft.ML;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli.Tests;

public sealed class ErrorTextTests
{
    [Fact]
    public void A_message_is_told_without_what_is_for_programmers()
    {
        ErrorText.Of(new ArgumentException("The data has no rows.", "input")).Should().Be("The data has no rows.");
        ErrorText.Of(new InvalidDataException("a: b (Parameter 'c')")).Should().Be("a: b (Parameter 'c')");
        InvalidOptionsException refused = FluentActions.Invoking(() => new MLContext().Transforms.RhythmCredit(fraction: 2))
            .Should().Throw<InvalidOptionsException>().Which;
        refused.Message.Should().StartWith("RhythmCreditOptions: ");
        ErrorText.Of(refused).Should().StartWith("Credit.Fraction is 2");
    }
}
