using System.Globalization;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Pipelines;

/// <summary>One response as a report shows it: its tokens and what is known of them. Everything but the tokens may be missing.</summary>
public sealed class ReportTrace
{
    /// <summary>What the report lists it as. Default: the beginning of the prompt.</summary>
    public string? Title { get; init; }

    /// <summary>Which model, or which state of it, wrote the response: "before", "after". Traces of the same prompt with different variants are compared side
    /// by side: those with one text of <see cref="PromptTokens"/>, or, without any, with one <see cref="Title"/>. Default null: the only one.</summary>
    public string? Variant { get; init; }

    /// <summary>What became of the response; null = nothing is known of it.</summary>
    public ReportOutcome? Outcome { get; init; }

    /// <summary>The text of each token of the prompt; one piece where the tokens are not known. Joined it is the prompt.</summary>
    public IReadOnlyList<string> PromptTokens { get; init; } = [];

    /// <summary>The text of each token of the response; joined it is the response.</summary>
    public required IReadOnlyList<string> ResponseTokens { get; init; }

    /// <summary>The id of each response token; null = not known.</summary>
    public IReadOnlyList<int>? TokenIds { get; init; }

    /// <summary>WAAD of each response token (Eq. 9), in tokens; NaN = undefined, null = not known. So for all that follow.</summary>
    public IReadOnlyList<float>? Waad { get; init; }

    /// <summary>FAI (Eq. 10), 0 to 1.</summary>
    public IReadOnlyList<float>? Fai { get; init; }

    /// <summary>FAI of the receiver heads (Bogdan et al., arXiv 2506.19143), 0 to 1.</summary>
    public IReadOnlyList<float>? ReceiverFai { get; init; }

    /// <summary>Entropy of the distribution that produced each token, in nats.</summary>
    public IReadOnlyList<float>? Entropy { get; init; }

    /// <summary>Natural logarithm of each token's probability.</summary>
    public IReadOnlyList<float>? LogProbability { get; init; }

    /// <summary>Credit γ.</summary>
    public IReadOnlyList<float>? Credit { get; init; }

    /// <summary>What each token is in the rhythm.</summary>
    public IReadOnlyList<TokenRoles>? Roles { get; init; }

    /// <summary>How far the heads look back.</summary>
    public HeadSpans? Spans { get; init; }

    /// <summary>Which heads the metrics are made from.</summary>
    public HeadGroups? Groups { get; init; }

    /// <summary>Attention maps over prompt and response. Default none.</summary>
    public IReadOnlyList<StoredMap> Maps { get; init; } = [];

    /// <summary>The number of the prompt's tokens; null = not known. One piece may be the whole text.</summary>
    internal int? PromptLength
    {
        get => field ?? (PromptTokens.Count > 1 ? PromptTokens.Count : null);
        init;
    }

    /// <summary>What the traces of one prompt have in common. Null = nothing is known of the prompt: such a trace is compared with none.</summary>
    internal string? PromptKey
    {
        get => field ?? (Prompt.Length > 0 ? Prompt : Title);
        init;
    }

    internal string Prompt => string.Concat(PromptTokens);

    /// <summary>Those of the numbers that are there, by the names they have in annotated rows.</summary>
    internal IEnumerable<(string Name, IReadOnlyList<float> Values)> Series()
    {
        (string Name, IReadOnlyList<float>? Values)[] all =
            [("waad", Waad), ("fai", Fai), ("receiver_fai", ReceiverFai), ("entropy", Entropy), ("log_probs", LogProbability), ("credit", Credit)];
        return all.Where(series => series.Values is not null).Select(series => (series.Name, series.Values!));
    }

    /// <exception cref="ArgumentException">Something has another number of values than there are tokens; the message names all of it.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        int count = ResponseTokens.Count, length = PromptTokens.Count + count;
        problems.Require(count > 0, nameof(ResponseTokens), "empty", "at least one token");
        foreach ((string name, IReadOnlyList<float> values) in Series()) Require(name, values.Count, count);
        Require(nameof(TokenIds), TokenIds?.Count ?? count, count);
        Require(nameof(Roles), Roles?.Count ?? count, count);
        foreach (StoredMap map in Maps) Require($"map '{map.Name}'", map.Length, length);
        problems.ThrowIfAnyInData($"{nameof(ReportTrace)} '{Title ?? Variant ?? Prompt}'");

        void Require(string what, int found, int expected) =>
            problems.Require(
                found == expected, what,
                $"of {found} tokens", string.Create(CultureInfo.InvariantCulture, $"{expected}, one per token"));
    }
}
