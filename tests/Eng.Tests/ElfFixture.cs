using System.Text;

namespace MLNetAttn.Eng.Tests;

/// <summary>Builds a shared object with nothing but what version requirements are made of: names, symbols, their versions, relocations.</summary>
internal sealed record ElfFixture
{
    public const string Library = "libstdc++.so.6", Version = "GLIBCXX_3.4.32", Symbol = "_ZSt21ios_base_library_initv";

    private const int HeaderSize = 64, SectionHeaderSize = 64;

    public byte Class { get; init; } = 2;

    public byte ByteOrder { get; init; } = 1;

    public ushort Type { get; init; } = 3;

    public ushort Machine { get; init; } = 62;

    /// <summary>The libraries with the versions required of each; version i of all, counted from 2, has the index i.</summary>
    public (string Library, string[] Versions)[] Needs { get; init; } = [("libc.so.6", ["GLIBC_2.14"]), (Library, ["GLIBCXX_3.4", Version])];

    /// <summary>Symbols with their version's index and section (0: undefined). The first one of an object is always the null symbol.</summary>
    public (string Name, ushort Version, ushort Section)[] Symbols { get; init; } = [("memcpy", 2, 0), ("_ZdlPv", 3, 0), (Symbol, 4, 0)];

    /// <summary>The symbols that relocations refer to, counted from 1.</summary>
    public uint[] Relocated { get; init; } = [1, 2];

    public bool WithNeeds { get; init; } = true;

    /// <summary>Whether the section table comes before the sections, as no linker writes it, or after them.</summary>
    public bool TableFirst { get; init; }

    public byte[] Build()
    {
        var strings = new MemoryStream();
        strings.WriteByte(0);
        byte[] symbols = Bytes(writer =>
        {
            writer.Write(new byte[24]);
            foreach ((string name, _, ushort section) in Symbols)
            {
                writer.Write(Add(strings, name));
                writer.Write((ushort)0x12);
                writer.Write(section);
                writer.Write(new byte[16]);
            }
        });
        byte[] versions = Bytes(writer =>
            Array.ForEach([(Name: "", Version: (ushort)0, Section: (ushort)0), .. Symbols], symbol => writer.Write(symbol.Version)));
        byte[] needs = Bytes(writer => WriteNeeds(writer, strings));
        byte[] relocations = Bytes(writer => Array.ForEach(Relocated, symbol =>
        {
            writer.Write(0L);
            writer.Write(7u);
            writer.Write(symbol);
            writer.Write(0L);
        }));
        (uint Type, byte[] Content, uint Link, uint Info)[] sections =
        [
            (0, [], 0, 0), (11, symbols, 2, 1), (3, strings.ToArray(), 0, 0), (0x6FFFFFFF, versions, 1, 0), (4, relocations, 1, 0), (8, [], 0, 0),
            .. WithNeeds ? [(0x6FFFFFFEu, needs, 2u, (uint)Needs.Length)] : Array.Empty<(uint, byte[], uint, uint)>(),
        ];
        return Bytes(writer => WriteFile(writer, sections));
    }

    private void WriteNeeds(BinaryWriter writer, MemoryStream strings)
    {
        ushort index = 2;
        for (int i = 0; i < Needs.Length; i++)
        {
            (string library, string[] required) = Needs[i];
            writer.Write((ushort)1);
            writer.Write((ushort)required.Length);
            writer.Write(Add(strings, library));
            writer.Write(16u);
            writer.Write(i + 1 < Needs.Length ? 16u + 16u * (uint)required.Length : 0u);
            for (int j = 0; j < required.Length; j++)
            {
                writer.Write(0x12345678u);
                writer.Write((ushort)0);
                writer.Write(index++);
                writer.Write(Add(strings, required[j]));
                writer.Write(j + 1 < required.Length ? 16u : 0u);
            }
        }
    }

    private void WriteFile(BinaryWriter writer, (uint Type, byte[] Content, uint Link, uint Info)[] sections)
    {
        int tableSize = sections.Length * SectionHeaderSize, contentSize = sections.Sum(section => section.Content.Length);
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', Class, ByteOrder, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(Type);
        writer.Write(Machine);
        writer.Write(new byte[20]);
        writer.Write((long)(TableFirst ? HeaderSize : HeaderSize + contentSize));
        writer.Write(new byte[10]);
        writer.Write((ushort)SectionHeaderSize);
        writer.Write((ushort)sections.Length);
        writer.Write((ushort)0);
        byte[] content = [.. sections.SelectMany(section => section.Content)];
        if (!TableFirst)
            writer.Write(content);
        long offset = TableFirst ? HeaderSize + tableSize : HeaderSize;
        foreach ((uint type, byte[] bytes, uint link, uint info) in sections)
        {
            writer.Write(0u);
            writer.Write(type);
            writer.Write(new byte[16]);
            writer.Write(offset);
            writer.Write((long)bytes.Length);
            writer.Write(link);
            writer.Write(info);
            writer.Write(new byte[16]);
            offset += bytes.Length;
        }
        if (TableFirst)
            writer.Write(content);
    }

    private static uint Add(MemoryStream strings, string text)
    {
        uint offset = (uint)strings.Length;
        strings.Write(Encoding.ASCII.GetBytes(text + '\0'));
        return offset;
    }

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        var stream = new MemoryStream();
        write(new BinaryWriter(stream));
        return stream.ToArray();
    }
}
