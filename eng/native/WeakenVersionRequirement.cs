#nullable enable
using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Build.Framework;

namespace MLNetAttn.Eng;

/// <summary>Writes a copy of a shared object that also loads where a library lacks one version that the object names but does not use.</summary>
/// <remarks>
/// MSBuild compiles this file when it is first needed (RoslynCodeTaskFactory: one file, .NET Standard 2.0), so that the package ships no binary and the
/// repository needs no project that must be built before all others. docs/decisions/0010-native-library.md says why the step exists.
/// </remarks>
public sealed class WeakenVersionRequirement : Microsoft.Build.Utilities.Task
{
    /// <summary>The shared object as its package has it; only read.</summary>
    [Required]
    public string Source { get; set; } = "";

    /// <summary>The copy. It is written aside and moved into place: whatever file a hard link of that name shares keeps its content.</summary>
    [Required]
    public string Destination { get; set; } = "";

    /// <summary>The library that the version is required of, as the loader knows it.</summary>
    [Required]
    public string Library { get; set; } = "";

    /// <summary>The version that is required.</summary>
    [Required]
    public string Version { get; set; } = "";

    /// <summary>The one symbol of that version; it must be unused.</summary>
    [Required]
    public string Symbol { get; set; } = "";

    /// <summary>Whether to weaken the requirement even where this machine's library has the version; else the copy is then unchanged.</summary>
    public bool Always { get; set; }

    /// <summary>Writes the copy, or logs one error, MLNETATTN001, and leaves the destination as it was.</summary>
    public override bool Execute()
    {
        try
        {
            byte[] image = File.ReadAllBytes(Source);
            bool weaken = Always || !SystemLibrary.Defines(Library, Symbol, Version);
            if (weaken)
                ElfVersionRequirement.Weaken(image, Library, Version, Symbol);
            Replace(Destination, image);
            Log.LogMessage(MessageImportance.Normal, weaken
                ? $"{Destination}: {Version} of {Library} is required weakly."
                : $"{Destination}: unchanged, this machine's {Library} has {Version}.");
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException)
        {
            Log.LogError(
                null, "MLNETATTN001", null, null, 0, 0, 0, 0,
                $"{Source}: {exception.Message} The step that weakens its requirement of {Version} ({Library}) knows TorchSharp 0.107.0 only. Use that version, "
                + "or set the MSBuild property TorchSharpNativeFix to never where the library loads as it is (docs/packages.md of MLNetAttn).");
            return false;
        }
    }

    private static void Replace(string path, byte[] content)
    {
        string aside = path + ".new";
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllBytes(aside, content);
        File.Delete(path);
        File.Move(aside, path);
    }
}

/// <summary>What the loader of this machine finds.</summary>
internal static class SystemLibrary
{
    private const int Lazy = 1;

    /// <summary>Whether the library that the loader picks defines this version of a symbol; false where there is no such library or no GNU loader.</summary>
    public static bool Defines(string library, string symbol, string version)
    {
        try
        {
            IntPtr handle = Open(library, Lazy);
            return handle != IntPtr.Zero && FindVersion(handle, symbol, version) != IntPtr.Zero;
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [DllImport("libc.so.6", EntryPoint = "dlopen")]
    private static extern IntPtr Open(string library, int flags);

    [DllImport("libc.so.6", EntryPoint = "dlvsym")]
    private static extern IntPtr FindVersion(IntPtr handle, string symbol, string version);
}

/// <summary>Finds one version requirement of an ELF shared object (64 bit, little endian, x86-64) and weakens it.</summary>
/// <remarks>Layout: System V ABI, "ELF-64 Object File Format", and Linux Standard Base, "Symbol Versioning". Every offset is checked before it is
/// followed.</remarks>
internal sealed class ElfVersionRequirement
{
    // Names of the specifications: e_type ET_DYN, e_machine EM_X86_64, sh_type SHT_*, vna_flags VER_FLG_WEAK, st_shndx SHN_UNDEF.
    private const ushort SharedObject = 3, MachineX64 = 62, Weak = 2, Undefined = 0, VersionIndex = 0x7FFF;
    private const uint NoSection = 0, Rela = 4, NoBits = 8, Rel = 9, VersionNeeds = 0x6FFFFFFE, VersionIndices = 0x6FFFFFFF;
    private const int HeaderSize = 64, SectionHeaderSize = 64, SymbolSize = 24, RelaSize = 24, RelSize = 16, NeedSize = 16;

    private readonly byte[] _image;
    private readonly Section[] _sections;

    private ElfVersionRequirement(byte[] image)
    {
        _image = image;
        _sections = ReadSections();
    }

    /// <summary>Sets VER_FLG_WEAK on one required version, in place; changes nothing where it is set already.</summary>
    /// <exception cref="InvalidDataException">The image is cut or contradicts itself.</exception>
    /// <exception cref="NotSupportedException">The image is of another kind, does not require the version exactly once, or uses it.</exception>
    public static void Weaken(byte[] image, string library, string version, string symbol)
    {
        var elf = new ElfVersionRequirement(image);
        int entry = elf.FindRequirement(library, version);
        elf.RequireUnused(elf.UInt16(entry + 6) & VersionIndex, version, symbol);
        image[entry + 4] |= (byte)Weak;
    }

    private Section[] ReadSections()
    {
        if (_image.Length < 4 || UInt32(0) != 0x464C457F)
            throw new NotSupportedException("This is no ELF file.");
        CheckInFile(0, HeaderSize, "The ELF header");
        if (_image[4] != 2 || _image[5] != 1 || UInt16(16) != SharedObject || UInt16(18) != MachineX64 || UInt16(58) != SectionHeaderSize)
            throw new NotSupportedException("This is no 64-bit little-endian x86-64 shared object with section headers.");
        ulong table = UInt64(40);
        ushort count = UInt16(60);
        CheckInFile(table, (ulong)count * SectionHeaderSize, "The section table");
        var sections = new Section[count];
        for (int i = 0; i < count; i++)
        {
            int header = (int)table + i * SectionHeaderSize;
            uint type = UInt32(header + 4);
            if (type is NoSection or NoBits)
                continue;
            CheckInFile(UInt64(header + 24), UInt64(header + 32), $"Section {i}");
            sections[i] = new Section(type, (int)UInt64(header + 24), (int)UInt64(header + 32), UInt32(header + 40), UInt32(header + 44));
        }
        return sections;
    }

    // .gnu.version_r: a chain of libraries (count in sh_info), each with a chain of versions; all links are relative and lead forward.
    private int FindRequirement(string library, string version)
    {
        Section needs = Only(VersionNeeds, "version requirements (.gnu.version_r)");
        Section strings = Linked(needs);
        if (needs.Info > needs.Size / NeedSize)
            throw new InvalidDataException($"Its version requirements name {needs.Info} libraries in {needs.Size} bytes.");
        int found = -1;
        long file = needs.Offset;
        for (uint i = 0; i < needs.Info; i++)
        {
            int need = Entry(needs, file, NeedSize);
            bool wanted = Text(strings, UInt32(need + 4)) == library;
            long next = need + (long)UInt32(need + 8);
            for (int j = 0; j < UInt16(need + 2); j++)
            {
                int entry = Entry(needs, next, NeedSize);
                if (wanted && Text(strings, UInt32(entry + 8)) == version)
                    found = found < 0 ? entry : throw new NotSupportedException($"It requires {version} of {library} more than once.");
                next = entry + (long)UInt32(entry + 12);
            }
            file = need + (long)UInt32(need + 12);
        }
        return found >= 0 ? found : throw new NotSupportedException($"It does not require {version} of {library}.");
    }

    // A relocation against a symbol of the version would mean that the library calls or reads it: then the version is truly needed.
    private void RequireUnused(int versionIndex, string version, string symbol)
    {
        Section versions = Only(VersionIndices, "symbol versions (.gnu.version)");
        Section symbols = Linked(versions);
        Section names = Linked(symbols);
        for (int i = 0; i < versions.Size / 2; i++)
        {
            if ((UInt16(versions.Offset + 2 * i) & VersionIndex) != versionIndex)
                continue;
            int entry = Entry(symbols, symbols.Offset + (long)i * SymbolSize, SymbolSize);
            string name = Text(names, UInt32(entry));
            if (name != symbol || UInt16(entry + 6) != Undefined)
                throw new NotSupportedException($"Its symbol '{name}' has {version}; expected only '{symbol}', undefined.");
            if (_sections.Any(section => section.Type is Rela or Rel && section.Link == versions.Link && Refers(section, i)))
                throw new NotSupportedException($"It uses '{name}' of {version}.");
        }
    }

    private bool Refers(Section relocations, int symbol)
    {
        int size = relocations.Type == Rela ? RelaSize : RelSize;
        if (relocations.Size % size != 0)
            throw new InvalidDataException("A relocation section ends within an entry.");
        for (long offset = 0; offset < relocations.Size; offset += size)
            if (UInt32(Entry(relocations, relocations.Offset + offset, size) + 12) == symbol)
                return true;
        return false;
    }

    private Section Only(uint type, string what)
    {
        Section[] matches = Array.FindAll(_sections, section => section.Type == type);
        return matches.Length == 1 ? matches[0] : throw new NotSupportedException($"It has {matches.Length} sections of {what}; expected one.");
    }

    private Section Linked(Section section) => section.Link < _sections.Length && _sections[section.Link].Type != NoSection
        ? _sections[section.Link]
        : throw new InvalidDataException($"A section links to section {section.Link}, which is not there.");

    private string Text(Section strings, uint offset)
    {
        int start = Entry(strings, strings.Offset + (long)offset, 1);
        int end = Array.IndexOf(_image, (byte)0, start, strings.Offset + strings.Size - start);
        return end >= 0 ? Encoding.ASCII.GetString(_image, start, end - start) : throw new InvalidDataException("A name runs past its string table.");
    }

    private static int Entry(Section section, long offset, int size) => offset >= section.Offset && offset + size <= (long)section.Offset + section.Size
        ? (int)offset
        : throw new InvalidDataException("An entry lies outside its section.");

    private void CheckInFile(ulong offset, ulong size, string what)
    {
        if (offset > (ulong)_image.Length || size > (ulong)_image.Length - offset)
            throw new InvalidDataException($"{what} (offset {offset}, {size} bytes) lies outside the file of {_image.Length} bytes.");
    }

    private ushort UInt16(int offset) => BitConverter.ToUInt16(_image, offset);

    private uint UInt32(int offset) => BitConverter.ToUInt32(_image, offset);

    private ulong UInt64(int offset) => BitConverter.ToUInt64(_image, offset);

    private readonly struct Section(uint type, int offset, int size, uint link, uint info)
    {
        public uint Type { get; } = type;

        public int Offset { get; } = offset;

        public int Size { get; } = size;

        public uint Link { get; } = link;

        public uint Info { get; } = info;
    }
}
