namespace MLNetAttn.Modeling;

/// <summary>A token that is found in the text as it stands, before anything else splits it.</summary>
internal sealed record AddedToken(int Id, string Content)
{
    /// <summary>Whether the token only counts where no word goes on before or after it.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Whether the token takes the white space before it.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Whether the token takes the white space after it.</summary>
    public bool StripRight { get; init; }

    /// <summary>Whether the token is looked for in normalized text, in its own normalized form, and not in the text as given.</summary>
    public bool Normalized { get; init; }

    /// <summary>Whether the token steers the model rather than being text: left out by decoding on demand, and never read from untrusted text.</summary>
    public bool Special { get; init; }

    /// <summary>What is looked for in the text, and what decoding starts from.</summary>
    public string Form { get; init; } = Content;
}
