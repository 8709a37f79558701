namespace MLNetAttn.Modeling;

/// <summary>One token a word; a word that is not in the vocabulary becomes the unknown token.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknownToken) : TokenModel(vocabulary)
{
    private readonly int _unknown = vocabulary.IdOf(unknownToken);

    public override int? UnknownId => _unknown < 0 ? null : _unknown;

    public override void Encode(ReadOnlySpan<char> word, List<int> ids) => ids.Add(IdOf(word));

    public override void Encode(ReadOnlySpan<char> word, List<WordToken> tokens) => tokens.Add(new WordToken(IdOf(word), 0, word.Length));

    private int IdOf(ReadOnlySpan<char> word)
    {
        int id = Vocabulary.IdOf(word);
        if (id < 0)
            id = _unknown;
        return id >= 0 ? id : throw new ArgumentException(
            $"The vocabulary has neither the word '{word}' nor the unknown token '{unknownToken}'; add the latter to the vocabulary of tokenizer.json.",
            nameof(word));
    }
}
