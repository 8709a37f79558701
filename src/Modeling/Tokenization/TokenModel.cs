namespace MLNetAttn.Modeling;

/// <summary>A token and the UTF-16 units <c>[Start, End)</c> of its word that it stands for.</summary>
internal readonly record struct WordToken(int Id, int Start, int End);

/// <summary>Turns words, as the pre-tokenizer left them, into tokens.</summary>
internal abstract class TokenModel(Vocabulary vocabulary)
{
    public Vocabulary Vocabulary { get; } = vocabulary;

    /// <summary>The id of the token for what the vocabulary lacks, or null.</summary>
    public abstract int? UnknownId { get; }

    /// <summary>Adds the ids of a word that is not empty.</summary>
    public abstract void Encode(ReadOnlySpan<char> word, List<int> ids);

    /// <summary>Adds the tokens of a word that is not empty.</summary>
    public abstract void Encode(ReadOnlySpan<char> word, List<WordToken> tokens);
}
