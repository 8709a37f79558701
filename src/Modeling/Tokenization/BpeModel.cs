using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace MLNetAttn.Modeling;

/// <summary>How a byte-pair encoding treats what is not an ordinary merge.</summary>
internal sealed class BpeOptions
{
    /// <summary>Whether words are encoded as UTF-8 bytes, each written as its symbol of <see cref="ByteAlphabet"/>.</summary>
    public bool ByteLevel { get; init; }

    /// <summary>Whether a word that is in the vocabulary is one token, whatever the merges say.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>Whether characters outside the vocabulary become tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c>.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>The id that stands for a character outside the vocabulary, or -1: such characters vanish.</summary>
    public int UnknownId { get; init; } = -1;

    /// <summary>Whether neighbouring unknown characters become one token.</summary>
    public bool FuseUnknown { get; init; }
}

/// <summary>
/// Byte-pair encoding (Sennrich et al. 2016) on bytes or characters, with the ids, tokens and offsets of Hugging Face's <c>tokenizers</c>.
/// </summary>
internal sealed class BpeModel : TokenModel
{
    private readonly MergeTable _merges;
    private readonly BpeOptions _options;
    private readonly WordCache _cache = new();
    private readonly int[] _byteIds = new int[256];
    private readonly int[] _fallbackIds = new int[256];

    public BpeModel(Vocabulary vocabulary, MergeTable merges, BpeOptions options)
        : base(vocabulary)
    {
        (_merges, _options) = (merges, options);
        for (int value = 0; value < 256; value++)
        {
            _byteIds[value] = vocabulary.IdOf([ByteAlphabet.SymbolOf((byte)value)]);
            _fallbackIds[value] = vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"));
        }
    }

    public override int? UnknownId => _options.UnknownId < 0 ? null : _options.UnknownId;

    public override void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length <= WordCache.LongestWord && _cache.TryGet(word, out ReadOnlySpan<int> known))
        {
            ids.AddRange(known);
            return;
        }
        int before = ids.Count;
        Symbol[] buffer = ArrayPool<Symbol>.Shared.Rent(BufferSize(word));
        foreach (Symbol symbol in Tokenize(word, buffer))
            ids.Add(symbol.Id);
        ArrayPool<Symbol>.Shared.Return(buffer);
        if (word.Length <= WordCache.LongestWord)
            _cache.Set(word, CollectionsMarshal.AsSpan(ids)[before..]);
    }

    public override void Encode(ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        Symbol[] buffer = ArrayPool<Symbol>.Shared.Rent(BufferSize(word));
        foreach (Symbol symbol in Tokenize(word, buffer))
            tokens.Add(new WordToken(symbol.Id, symbol.Start, symbol.End));
        ArrayPool<Symbol>.Shared.Return(buffer);
    }

    /// <summary>A symbol for every byte; the fallback of a byte's symbol takes two bytes.</summary>
    private int BufferSize(ReadOnlySpan<char> word) =>
        checked(Encoding.UTF8.GetByteCount(word) * (_options is { ByteLevel: true, ByteFallback: true } ? 2 : 1));

    private ReadOnlySpan<Symbol> Tokenize(ReadOnlySpan<char> word, Symbol[] buffer)
    {
        if (_options.IgnoreMerges && WholeWord(word) is var id and >= 0)
        {
            buffer[0] = new Symbol { Id = id, Start = 0, End = word.Length };
            return buffer.AsSpan(0, 1);
        }
        int count = _options.ByteLevel ? SplitBytes(word, buffer) : SplitCharacters(word, buffer);
        return buffer.AsSpan(0, SymbolMerger.Merge(buffer.AsSpan(0, count), _merges));
    }

    /// <summary>The id of the word as one token, or -1.</summary>
    private int WholeWord(ReadOnlySpan<char> word)
    {
        if (!_options.ByteLevel)
            return Vocabulary.IdOf(word);
        // A byte is one symbol, and a UTF-16 unit at least one byte.
        if (word.Length > Vocabulary.LongestToken)
            return -1;
        char[] symbols = ArrayPool<char>.Shared.Rent(word.Length * 3);
        int count = 0;
        Span<byte> bytes = stackalloc byte[4];
        for (int start = 0; start < word.Length;)
        {
            int codePoint = CodePoint.At(word, start, out int length);
            foreach (byte value in bytes[..CodePoint.EncodeUtf8(codePoint, bytes)])
                symbols[count++] = ByteAlphabet.SymbolOf(value);
            start += length;
        }
        int id = Vocabulary.IdOf(symbols.AsSpan(0, count));
        ArrayPool<char>.Shared.Return(symbols);
        return id;
    }

    /// <summary>One symbol a byte; the bytes of one character all stand for that character.</summary>
    private int SplitBytes(ReadOnlySpan<char> word, Symbol[] buffer)
    {
        SymbolWriter writer = new(buffer, _options);
        Span<byte> bytes = stackalloc byte[4];
        for (int start = 0; start < word.Length;)
        {
            int codePoint = CodePoint.At(word, start, out int length);
            foreach (byte value in bytes[..CodePoint.EncodeUtf8(codePoint, bytes)])
            {
                if (_byteIds[value] >= 0)
                    writer.Add(_byteIds[value], start, start + length);
                else
                    AddUnknown(ref writer, ByteAlphabet.SymbolOf(value), start, start + length);
            }
            start += length;
        }
        return writer.Finish();
    }

    private int SplitCharacters(ReadOnlySpan<char> word, Symbol[] buffer)
    {
        SymbolWriter writer = new(buffer, _options);
        for (int start = 0; start < word.Length;)
        {
            int codePoint = CodePoint.At(word, start, out int length);
            int id = Vocabulary.IdOf(word.Slice(start, length));
            if (id >= 0)
                writer.Add(id, start, start + length);
            else
                AddUnknown(ref writer, codePoint, start, start + length);
            start += length;
        }
        return writer.Finish();
    }

    private void AddUnknown(ref SymbolWriter writer, int codePoint, int start, int end)
    {
        if (_options.ByteFallback)
        {
            Span<byte> bytes = stackalloc byte[4];
            bytes = bytes[..CodePoint.EncodeUtf8(codePoint, bytes)];
            bool all = true;
            foreach (byte value in bytes)
                all &= _fallbackIds[value] >= 0;
            if (all)
            {
                foreach (byte value in bytes)
                    writer.AddBeforeUnknown(_fallbackIds[value], start, end);
                return;
            }
        }
        writer.AddUnknown(start, end);
    }

    /// <summary>Writes symbols; an unknown one waits for the next, since it may grow.</summary>
    private ref struct SymbolWriter(Symbol[] buffer, BpeOptions options)
    {
        private int _count;
        private Symbol _unknown;
        private bool _waiting;

        public void Add(int id, int start, int end)
        {
            Flush();
            AddBeforeUnknown(id, start, end);
        }

        /// <summary>Bytes of a fallback go before an unknown that waits, as in the reference; it takes a vocabulary that lacks some bytes to see it.</summary>
        public void AddBeforeUnknown(int id, int start, int end) => buffer[_count++] = new Symbol { Id = id, Start = start, End = end };

        public void AddUnknown(int start, int end)
        {
            if (options.UnknownId < 0)
                return;
            if (_waiting && options.FuseUnknown)
            {
                _unknown.End = end;
                return;
            }
            Flush();
            _unknown = new Symbol { Id = options.UnknownId, Start = start, End = end };
            _waiting = true;
        }

        public int Finish()
        {
            Flush();
            return _count;
        }

        private void Flush()
        {
            if (_waiting)
                buffer[_count++] = _unknown;
            _waiting = false;
        }
    }
}
