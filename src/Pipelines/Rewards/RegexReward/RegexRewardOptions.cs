using System.Text.RegularExpressions;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>Columns and settings of <see cref="RegexRewardEstimator"/>.</summary>
public sealed record RegexRewardOptions
{
    /// <summary>What is searched; text. Default "Response"; not empty.</summary>
    public string ResponseColumnName { get; init; } = "Response";

    /// <summary>Where the reward goes. Default "Reward"; not empty.</summary>
    public string OutputColumnName { get; init; } = "Reward";

    /// <summary>A .NET regular expression; a response is worth something if it occurs anywhere in it: anchor it with \A and \z to ask for the whole. Default
    /// empty, which is refused.</summary>
    public string Pattern { get; init; } = "";

    /// <summary>How the pattern is read. Default <see cref="System.Text.RegularExpressions.RegexOptions.CultureInvariant"/>; NonBacktracking makes the time
    /// linear in the length of a response, and allows no lookarounds.</summary>
    public RegexOptions Options { get; init; } = RegexOptions.CultureInvariant;

    /// <summary>The reward of a response in which the pattern occurs. Default 1; finite.</summary>
    public float Match { get; init; } = 1;

    /// <summary>The reward of a response in which it does not. Default 0; finite.</summary>
    public float NoMatch { get; init; }

    /// <summary>The longest search in one response, after which the pass stops with an error that names the row. Default one second; above 0.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal Regex Validate()
    {
        var problems = new Violations();
        problems.RequireName(ResponseColumnName, nameof(ResponseColumnName));
        problems.RequireName(OutputColumnName, nameof(OutputColumnName));
        problems.Require(Pattern.Length > 0, nameof(Pattern), "empty", "a regular expression");
        problems.Require(float.IsFinite(Match), nameof(Match), Match, "a finite number");
        problems.Require(float.IsFinite(NoMatch), nameof(NoMatch), NoMatch, "a finite number");
        problems.Require(Timeout > TimeSpan.Zero && Timeout < TimeSpan.FromDays(1), nameof(Timeout), Timeout, "above zero and below a day");
        Regex? regex = null;
        try
        {
            regex = new Regex(Pattern, Options, Timeout > TimeSpan.Zero && Timeout < TimeSpan.FromDays(1) ? Timeout : Regex.InfiniteMatchTimeout);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            problems.Require(
                false,
                nameof(Pattern),
                $"'{Pattern}' with options {Options}",
                $"a .NET regular expression that these options allow: {exception.Message.TrimEnd('.')}");
        }
        problems.ThrowIfAny(nameof(RegexRewardOptions));
        return regex!;
    }
}
