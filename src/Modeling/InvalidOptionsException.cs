namespace MLNetAttn.Modeling;

/// <summary>Options are out of range, or do not go together. The message lists all that is wrong, and <see cref="Violations"/> says it piece by piece, for an
/// app that shows each beside its own field.</summary>
public sealed class InvalidOptionsException : ArgumentException
{
    internal InvalidOptionsException(string message, IReadOnlyList<OptionViolation> violations)
        : base(message) => Violations = [.. violations];

    /// <summary>What is wrong; at least one.</summary>
    public IReadOnlyList<OptionViolation> Violations { get; }
}

/// <summary>One option that is out of range.</summary>
/// <param name="Option">Its name; that of an option in options has theirs before it: Credit.Fraction.</param>
/// <param name="Found">Its value, in words.</param>
/// <param name="Expected">The range, and what to do where that is not plain.</param>
public sealed record OptionViolation(string Option, string Found, string Expected)
{
    /// <summary>A sentence without its full stop, such as: Fraction is 7, expected 0 to 1.</summary>
    public override string ToString() => $"{Option} is {Found}, expected {Expected}";
}
