namespace MLNetAttn.Modeling;

/// <summary>The printable characters that byte-level tokenizers write bytes with (Radford et al., GPT-2): space is Ġ, line feed is Ċ.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Symbols = MakeSymbols();
    private static readonly short[] Bytes = MakeBytes();

    public static char SymbolOf(byte value) => Symbols[value];

    /// <summary>The byte that a symbol stands for, or -1.</summary>
    public static int ByteOf(char symbol) => symbol < Bytes.Length ? Bytes[symbol] : -1;

    private static char[] MakeSymbols()
    {
        char[] symbols = new char[256];
        char next = (char)256;
        for (int value = 0; value < symbols.Length; value++)
            symbols[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : next++;
        return symbols;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[Symbols.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (short value = 0; value < Symbols.Length; value++)
            bytes[Symbols[value]] = value;
        return bytes;
    }
}
