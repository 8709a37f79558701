using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>
/// Text to token ids and back, as the tokenizer.json of a Hugging Face folder says: byte-level and SentencePiece-style byte-pair encodings and
/// word-level vocabularies. Ids, tokens, offsets and decoded text are those of Hugging Face's <c>tokenizers</c>. Safe for any number of threads.
/// </summary>
/// <remarks>
/// <para>A single text is encoded whole: <c>truncation</c> and <c>padding</c> of tokenizer.json are not applied, as transformers does not either.</para>
/// <para>
/// What tokenizer.json says is done, and nothing else: of tokenizer_config.json only <c>bos_token</c>, <c>eos_token</c>, <c>pad_token</c>, <c>unk_token</c> and
/// <c>chat_template</c> with its tokens are read; <c>add_bos_token</c>, <c>add_eos_token</c>, <c>added_tokens_decoder</c>,
/// <c>clean_up_tokenization_spaces</c> and <c>model_max_length</c> are not.
/// </para>
/// <para>A surrogate without its other half counts as U+FFFD.</para>
/// </remarks>
public sealed class Tokenizer
{
    /// <summary>The file that defines a tokenizer: a checkpoint without it has none.</summary>
    internal const string FileName = TokenizerFiles.Definition;

    private readonly TokenizerParts _parts;
    private readonly Dictionary<int, AddedToken> _addedById;
    private readonly Dictionary<string, int> _addedIds;
    private readonly AddedTokenSplitter _rawSplitter;
    private readonly AddedTokenSplitter _normalizedSplitter;
    private readonly Lazy<ChatTemplate?> _chatTemplate;

    internal Tokenizer(TokenizerFiles files)
    {
        Files = files;
        _parts = TokenizerParts.Parse(TokenizerDefinition.Parse(files.Find(FileName)!, files.PathOf(FileName)));
        _addedById = _parts.AddedTokens.ToDictionary(token => token.Id);
        _addedIds = _parts.AddedTokens.ToDictionary(token => token.Content, token => token.Id, StringComparer.Ordinal);
        _rawSplitter = new AddedTokenSplitter(_parts.AddedTokens.Where(token => !token.Normalized));
        _normalizedSplitter = new AddedTokenSplitter(_parts.AddedTokens.Where(token => token.Normalized));
        VocabularySize = _parts.Model.Vocabulary.Count + _addedById.Keys.Count(id => _parts.Model.Vocabulary.TokenOf(id) is null);
        SpecialTokenIds special = SpecialTokenIds.Read(files, TokenToId);
        (BosTokenId, EosTokenId, PadTokenId) = (special.Bos, special.Eos, special.Pad);
        UnknownTokenId = special.Unknown ?? _parts.Model.UnknownId;
        _chatTemplate = new Lazy<ChatTemplate?>(() => ChatTemplate.Find(files.Find, files.PathOf, files.Location));
    }

    /// <summary>What it was read from.</summary>
    internal TokenizerFiles Files { get; }

    /// <summary>SHA-256, in hexadecimal, of all ids and tokens: where it is equal, ids mean the same. Not of tokenizer.json, which other libraries write with
    /// settings of their own. Computed at the first call.</summary>
    internal string Fingerprint => field ??= HashTokens();

    /// <summary>The token that is written for text outside the vocabulary, if there is one. <see cref="UnknownTokenId"/> may name a token that never is: a
    /// vocabulary of bytes lacks nothing.</summary>
    internal int? LackingTokenId => _parts.Model.UnknownId;

    /// <summary>The number of tokens, added ones included.</summary>
    public int VocabularySize { get; }

    /// <summary>The token that begins a text (<c>bos_token</c> of tokenizer_config.json, or else of special_tokens_map.json), if the tokenizer has
    /// one.</summary>
    public int? BosTokenId { get; }

    /// <summary>The token that ends a text (<c>eos_token</c>, of the same files), if the tokenizer has one.</summary>
    public int? EosTokenId { get; }

    /// <summary>The token that fills rows of a batch (<c>pad_token</c>, of the same files), if the tokenizer has it.</summary>
    public int? PadTokenId { get; }

    /// <summary>The token for text outside the vocabulary (<c>unk_token</c>, of the same files, else of the model), if the tokenizer has one.</summary>
    public int? UnknownTokenId { get; }

    /// <summary>Whether the folder has a chat template.</summary>
    /// <exception cref="InvalidDataException">A template in its files is no text.</exception>
    public bool HasChatTemplate => _chatTemplate.Value is not null;

    /// <summary>The folder's chat template, which writes conversations as the model reads them. It is parsed at its first use.</summary>
    /// <exception cref="InvalidOperationException">The folder has none.</exception>
    /// <exception cref="InvalidDataException">A template in its files is no text.</exception>
    public ChatTemplate ChatTemplate => _chatTemplate.Value ?? throw new InvalidOperationException(
        $"'{Files.Location}' has no chat template: add a file {TokenizerFiles.ChatTemplate} or a 'chat_template' in {TokenizerFiles.Config}, or use {nameof(ChatTemplate)}.{nameof(Modeling.ChatTemplate.Parse)}.");

    /// <summary>Reads the tokenizer of a Hugging Face folder: tokenizer.json and, if they are there, tokenizer_config.json, special_tokens_map.json and the
    /// chat template.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">The folder has no tokenizer.json.</exception>
    /// <exception cref="InvalidDataException">A file is no valid JSON, lacks something or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">tokenizer.json names a kind of part (model, normalizer, pre-tokenizer, ...) that is not known.</exception>
    public static Tokenizer FromPretrained(string folder) => FromPretrained(new FolderSource(folder));

    /// <summary>As <see cref="FromPretrained(string)"/>, from wherever the files lie.</summary>
    /// <param name="source">Where the files lie.</param>
    /// <inheritdoc cref="FromPretrained(string)" path="/exception"/>
    public static Tokenizer FromPretrained(ICheckpointSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Exists(FileName) ? new Tokenizer(TokenizerFiles.Read(source)) : throw new FileNotFoundException(
            $"'{source.Location}' has no {FileName}; expected a Hugging Face folder with a fast tokenizer.", CheckpointFiles.Locate(source, FileName));
    }

    /// <summary>Writes the files that lay where the tokenizer was read from, byte for byte: tokenizer.json, tokenizer_config.json, special_tokens_map.json,
    /// chat_template.jinja, and what only other libraries read, added_tokens.json, vocab.json, merges.txt, tokenizer.model and chat_template.json.</summary>
    /// <param name="target">Where the files go; those that were absent are not written.</param>
    public void SavePretrained(ICheckpointTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Files.Write(target);
    }

    /// <summary>Encodes a text.</summary>
    /// <param name="text">Any text; it may be empty.</param>
    /// <param name="addSpecialTokens">
    /// Whether the special tokens that the tokenizer puts around a text, such as a beginning-of-text token, are added. Switch it off for a
    /// rendered chat template, which has them.
    /// </param>
    /// <param name="allowSpecialTokens">
    /// Whether special tokens written out in the text become those tokens. Switch it off for text that others wrote: then they are text like any
    /// other. Added tokens that are not special, such as Qwen3's <c>&lt;think&gt;</c>, are found in either case.
    /// </param>
    /// <returns>The ids, <c>[T]</c>.</returns>
    /// <exception cref="ArgumentException">A word-level vocabulary has neither a word of the text nor an unknown token.</exception>
    /// <exception cref="InvalidDataException">The file's split pattern or normalizer takes time or space out of proportion to the text.</exception>
    public int[] Encode(string text, bool addSpecialTokens = true, bool allowSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = new(text.Length / 3 + 8);
        if (addSpecialTokens)
            ids.AddRange(_parts.PostProcessor.Before.Select(token => token.Id));
        List<TextPiece> words = [];
        foreach (AddedTokenPart part in Split(text, allowSpecialTokens))
        {
            if (part.Token is not null)
            {
                ids.Add(part.Token.Id);
                continue;
            }
            SplitWords(part.Piece, words);
            foreach (TextPiece word in CollectionsMarshal.AsSpan(words))
                _parts.Model.Encode(word.Span, ids);
        }
        if (addSpecialTokens)
            ids.AddRange(_parts.PostProcessor.After.Select(token => token.Id));
        return [.. ids];
    }

    /// <summary>Encodes a text and says where in it each token stands.</summary>
    /// <inheritdoc cref="Encode" path="/param"/>
    /// <inheritdoc cref="Encode" path="/exception"/>
    /// <returns>Ids, tokens and offsets in UTF-16 units, each <c>[T]</c>.</returns>
    public TokenEncoding EncodeWithOffsets(string text, bool addSpecialTokens = true, bool allowSpecialTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        TokenEncodingBuilder builder = new(_parts);
        if (addSpecialTokens)
            builder.AddTemplate(_parts.PostProcessor.Before);
        List<TextPiece> words = [];
        foreach (AddedTokenPart part in Split(text, allowSpecialTokens))
        {
            if (part.Token is not null)
            {
                builder.AddAdded(part.Token, part.Piece);
                continue;
            }
            SplitWords(part.Piece, words);
            foreach (TextPiece word in words)
                builder.AddWord(word);
        }
        if (addSpecialTokens)
            builder.AddTemplate(_parts.PostProcessor.After);
        return builder.Build();
    }

    /// <summary>Decodes ids to text. Ids that the tokenizer does not have decode to nothing; bytes that are no UTF-8 to U+FFFD.</summary>
    /// <param name="ids">Token ids, <c>[T]</c>.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        List<string> pieces = new(ids.Length);
        foreach (int id in ids)
            if (PieceOf(id, skipSpecialTokens) is { } piece) pieces.Add(piece);
        return _parts.Decoder is null ? string.Join(' ', pieces) : string.Concat(_parts.Decoder.Decode(pieces));
    }

    /// <summary>What a token adds to those that are decoded together; null = nothing.</summary>
    internal string? PieceOf(int id, bool skipSpecialTokens) => _addedById.TryGetValue(id, out AddedToken? added)
        ? added.Special && skipSpecialTokens ? null : added.Form
        : _parts.Model.Vocabulary.TokenOf(id);

    /// <summary>Begins to decode a stream of tokens, such as a model's answer while it is written.</summary>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    public StreamingDecoder CreateStreamingDecoder(bool skipSpecialTokens = false) => new(this, skipSpecialTokens);

    /// <summary>This tokenizer as the type that Microsoft's libraries take, for counting, chunking and the like; with the same ids.</summary>
    /// <param name="addSpecialTokens">As for <see cref="Encode"/>; decoding then leaves special tokens out.</param>
    /// <param name="allowSpecialTokens">As for <see cref="Encode"/>.</param>
    /// <returns>A view: it holds nothing of its own. <see cref="NotSupportedException"/> is thrown where a caller asks for no normalization or no
    /// pre-tokenization.</returns>
    public Microsoft.ML.Tokenizers.Tokenizer ToMLTokenizer(bool addSpecialTokens = true, bool allowSpecialTokens = true) =>
        new MLTokenizer(this, addSpecialTokens, allowSpecialTokens);

    private string HashTokens()
    {
        Vocabulary vocabulary = _parts.Model.Vocabulary;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int id in Enumerable.Range(0, vocabulary.End).Where(id => vocabulary.TokenOf(id) is not null).Union(_addedById.Keys).Order())
            hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant($"{id} {IdToToken(id)}\0")));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The token of an id, as tokenizer.json writes it.</summary>
    /// <param name="id">A token id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The tokenizer has no such id.</exception>
    public string IdToToken(int id) =>
        _addedById.TryGetValue(id, out AddedToken? added) ? added.Content
            : _parts.Model.Vocabulary.TokenOf(id)
                ?? throw new ArgumentOutOfRangeException(nameof(id), id, $"The tokenizer of '{Files.Location}' has no token with this id.");

    /// <summary>The id of a token written as in tokenizer.json, or null if the tokenizer has no such token.</summary>
    /// <param name="token">The token.</param>
    public int? TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (_addedIds.TryGetValue(token, out int added))
            return added;
        return _parts.Model.Vocabulary.IdOf(token) is var id and >= 0 ? id : null;
    }

    /// <summary>Added tokens first, in the text as given; then what is left is normalized, and searched for those that are found in normalized text.</summary>
    private List<AddedTokenPart> Split(string text, bool allowSpecialTokens)
    {
        List<AddedTokenPart> raw = [];
        _rawSplitter.Split(new TextPiece(new AlignedText(CodePoint.ReplaceLoneSurrogates(text))), allowSpecialTokens, raw);
        List<AddedTokenPart> parts = new(raw.Count);
        foreach (AddedTokenPart part in raw)
        {
            if (part.Token is not null)
                parts.Add(part);
            else
                _normalizedSplitter.Split(_parts.Normalizer?.Normalize(part.Piece) ?? part.Piece, allowSpecialTokens, parts);
        }
        return parts;
    }

    private void SplitWords(TextPiece piece, List<TextPiece> words)
    {
        words.Clear();
        if (_parts.PreTokenizer is null)
            words.Add(piece);
        else
            _parts.PreTokenizer.Split(piece, words);
    }
}
