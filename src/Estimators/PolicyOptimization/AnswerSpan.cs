using System.Text.RegularExpressions;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Finds the tokens of a response that are its answer, in the text that a reward sees of it: without special tokens.</summary>
/// <param name="model">Gives tokens their text; without a tokenizer it is the ids in decimal, with spaces between them.</param>
/// <param name="pattern">A regular expression; its last match is the answer, or where it has groups the first of them that took part.</param>
/// <param name="warn">Told once where it takes too long; null = nobody is.</param>
internal sealed class AnswerSpan(CausalLanguageModel model, string pattern, Action<string>? warn = null)
{
    // Responses are a model's, so nothing bounds what a pattern may be given: one that backtracks for longer has no answer.
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private readonly Regex _pattern = Compile(pattern);
    private bool _warned;

    /// <summary>Whether a text is a regular expression.</summary>
    public static bool IsPattern(string text)
    {
        try
        {
            _ = new Regex(text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The answer's tokens; null where there is none.</summary>
    /// <param name="responseIds">The response.</param>
    public Range? Find(int[] responseIds)
    {
        string[] pieces = TokenText.Parts(model, responseIds);
        if (Match(string.Concat(pieces)) is not { Length: > 0 } answer) return null;
        int first = -1, end = 0, position = 0;
        for (int token = 0; token < pieces.Length; token++)
        {
            int next = position + pieces[token].Length;
            if (next > answer.Index && position < answer.Index + answer.Length)
            {
                if (first < 0) first = token;
                end = token + 1;
            }
            position = next;
        }
        return first..end;
    }

    /// <summary>Without backtracking where the expression allows that: it then takes time in proportion to the text, and finds the same on a machine that is
    /// busy.</summary>
    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, RegexOptions.CultureInvariant, MatchTimeout);
        }
    }

    private Capture? Match(string text)
    {
        try
        {
            return _pattern.Matches(text).LastOrDefault() is { } match
                ? match.Groups.Count == 1 ? match : match.Groups.Values.Skip(1).FirstOrDefault(group => group.Success)
                : null;
        }
        catch (RegexMatchTimeoutException)
        {
            if (!_warned)
                warn?.Invoke(FormattableString.Invariant(
                    $"FlowAnswer looks for an answer for more than {MatchTimeout.TotalSeconds} s in a response of {text.Length} characters, which then has none. An expression without lookarounds and backreferences takes time in proportion to the text."));
            _warned = true;
            return null;
        }
    }
}
