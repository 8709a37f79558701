using System.Text.RegularExpressions;
using Microsoft.ML;

namespace MLNetAttn.Pipelines;

public sealed class RegexRewardTests
{
    private const string Form = @"\A<think>.*</think>\s*<answer>.*</answer>\z";

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Responses_with_the_form_get_the_reward() =>
        _ml.Transforms.RegexReward(Form, regexOptions: RegexOptions.Singleline).Rewards(Rows()).Should().Equal(1, 0, 0);

    [Fact]
    public Task It_holds_its_promises() => _ml.ShouldHoldItsPromises(
        _ml.Transforms.RegexReward(new RegexRewardOptions
        {
            Pattern = "answer",
            Options = RegexOptions.IgnoreCase | RegexOptions.NonBacktracking,
            Match = 0.25f,
            NoMatch = -1,
            Timeout = TimeSpan.FromSeconds(3),
        }),
        Rows());

    [Fact]
    public void A_search_that_takes_too_long_stops_with_the_row()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new Row { Response = "ok" }, new Row { Response = new string('a', 40) + "!" }]);
        Action read = () => _ml.Transforms.RegexReward(new RegexRewardOptions { Pattern = "^(a+)+$", Timeout = TimeSpan.FromMilliseconds(50) }).Rewards(rows);
        read.Should().Throw<InvalidOperationException>().WithMessage("Row 1: searching column 'Response' for '^(a+)+$'*NonBacktracking*");
    }

    [Fact]
    public void All_options_out_of_range_are_named()
    {
        Action create = () => _ml.Transforms.RegexReward(new RegexRewardOptions { Pattern = "(", Match = float.NaN, Timeout = TimeSpan.Zero });
        create.Should().Throw<ArgumentException>().WithMessage("RegexRewardOptions: Match is NaN*Timeout is 00:00:00*Pattern is '('*");
        Action empty = () => _ml.Transforms.RegexReward("");
        empty.Should().Throw<ArgumentException>().WithMessage("*Pattern is empty, expected a regular expression*");
        Action lookaround = () => _ml.Transforms.RegexReward("(?=a)", regexOptions: RegexOptions.NonBacktracking);
        lookaround.Should().Throw<ArgumentException>().WithMessage("*Pattern is '(?=a)' with options NonBacktracking*");
    }

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(
    [
        new Row { Response = "<think>7\n+5</think>\n<answer>12</answer>" },
        new Row { Response = "<think>7</think> <answer>12</answer>." },
        new Row { Response = "" },
    ]);

    private sealed class Row
    {
        public string Response { get; init; } = "";
    }
}
