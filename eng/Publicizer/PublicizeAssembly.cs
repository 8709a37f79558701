#nullable enable
using System;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace MLNetAttn.Eng;

/// <summary>Writes compile-time copies of assemblies in which internal types, methods and fields are public; nothing else changes, not even the size.</summary>
/// <remarks>
/// MSBuild compiles this one file when it is first needed (RoslynCodeTaskFactory, .NET Standard 2.0), so no binary and no second project is involved.
/// It flips the visibility bits in the metadata tables TypeDef, Field and MethodDef (ECMA-335 II.22 to II.24), and refuses what is not laid out as it knows.
/// </remarks>
public sealed class PublicizeAssembly : Task
{
    /// <summary>The assemblies as their packages have them; only read.</summary>
    [Required]
    public ITaskItem[] Sources { get; set; } = [];

    /// <summary>Where the copies go. Each is written aside and moved into place, so that builds running at the same time do not meet half a file.</summary>
    [Required]
    public string DestinationFolder { get; set; } = "";

    /// <inheritdoc/>
    public override bool Execute()
    {
        Directory.CreateDirectory(DestinationFolder);
        foreach (string source in Sources.Select(item => item.GetMetadata("FullPath")))
        {
            byte[] image = File.ReadAllBytes(source);
            try
            {
                new MetadataTables(image).Publicize();
            }
            catch (Exception exception) when (exception is InvalidDataException or IndexOutOfRangeException or ArgumentException)
            {
                Log.LogError(null, "MLNETATTN012", null, source, 0, 0, 0, 0, "The assembly's metadata is not laid out as expected: {0}", exception.Message);
                return false;
            }
            string destination = Path.Combine(DestinationFolder, Path.GetFileNameWithoutExtension(source) + ".dll");
            string aside = destination + "." + Guid.NewGuid().ToString("N");
            File.WriteAllBytes(aside, image);
            if (File.Exists(destination)) File.Replace(aside, destination, null);
            else File.Move(aside, destination);
            Log.LogMessage(MessageImportance.Low, "Publicized {0}", destination);
        }
        return true;
    }

    /// <summary>Finds the first seven metadata tables of an image and changes visibilities in place.</summary>
    private sealed class MetadataTables
    {
        private const int Module = 0, TypeRef = 1, TypeDef = 2, FieldPointer = 3, Field = 4, MethodPointer = 5, MethodDef = 6;
        private const int Param = 8, ModuleRef = 26, TypeSpec = 27, AssemblyRef = 35;
        private const int VisibilityMask = 7;

        private readonly byte[] _image;
        private readonly int[] _rows = new int[64];
        private readonly int[] _rowSize = new int[MethodDef + 1];
        private readonly int[] _start = new int[MethodDef + 1];

        public MetadataTables(byte[] image)
        {
            _image = image;
            int stream = FindTableStream();
            int heapSizes = image[stream + 6];
            long present = BitConverter.ToInt64(image, stream + 8);
            int next = stream + 24;
            for (int table = 0; table < 64; table++)
            {
                if ((present >> table & 1) == 0) continue;
                _rows[table] = BitConverter.ToInt32(image, next);
                next += 4;
            }
            if (_rows[FieldPointer] != 0 || _rows[MethodPointer] != 0) throw new InvalidDataException("it has pointer tables");

            int text = (heapSizes & 1) != 0 ? 4 : 2, guid = (heapSizes & 2) != 0 ? 4 : 2, blob = (heapSizes & 4) != 0 ? 4 : 2;
            _rowSize[Module] = 2 + text + 3 * guid;
            _rowSize[TypeRef] = IndexSize(2, Module, ModuleRef, AssemblyRef, TypeRef) + 2 * text;
            _rowSize[TypeDef] = 4 + 2 * text + IndexSize(2, TypeDef, TypeRef, TypeSpec) + IndexSize(0, Field) + IndexSize(0, MethodDef);
            _rowSize[Field] = 2 + text + blob;
            _rowSize[MethodDef] = 4 + 2 + 2 + text + blob + IndexSize(0, Param);
            for (int table = 0; table <= MethodDef; table++)
            {
                _start[table] = next;
                next += _rows[table] * _rowSize[table];
            }
        }

        public void Publicize()
        {
            // Private (nested) types and members stay what they are: only what a friend assembly could see is opened.
            for (int row = 0; row < _rows[TypeDef]; row++)
                Flip(TypeDef, row, offset: 0, visibility => visibility switch { 0 => 1, 5 or 6 or 7 => 2, _ => visibility });
            for (int row = 0; row < _rows[Field]; row++)
                Flip(Field, row, offset: 0, OpenMember);
            for (int row = 0; row < _rows[MethodDef]; row++)
                Flip(MethodDef, row, offset: 6, OpenMember);
        }

        private static int OpenMember(int access) => access is 2 or 3 or 5 ? 6 : access;

        private void Flip(int table, int row, int offset, Func<int, int> change)
        {
            int position = _start[table] + row * _rowSize[table] + offset;
            _image[position] = (byte)(_image[position] & ~VisibilityMask | change(_image[position] & VisibilityMask));
        }

        /// <summary>Bytes of an index into one of these tables, of whose number it holds <paramref name="tagBits"/> bits (II.24.2.6).</summary>
        private int IndexSize(int tagBits, params int[] tables) => tables.Max(table => _rows[table]) < 1 << 16 - tagBits ? 2 : 4;

        /// <summary>From the PE header to the CLI header to the metadata root to its "#~" stream (II.25, II.24.2.1).</summary>
        private int FindTableStream()
        {
            int pe = BitConverter.ToInt32(_image, 0x3C);
            if (BitConverter.ToInt32(_image, pe) != 0x00004550) throw new InvalidDataException("no PE signature");
            int sections = BitConverter.ToUInt16(_image, pe + 6), optional = pe + 24;
            int directories = optional + (BitConverter.ToUInt16(_image, optional) == 0x20B ? 112 : 96);
            int sectionTable = optional + BitConverter.ToUInt16(_image, pe + 20);
            int cli = ToOffset(BitConverter.ToInt32(_image, directories + 14 * 8), sectionTable, sections);
            int root = ToOffset(BitConverter.ToInt32(_image, cli + 8), sectionTable, sections);
            if (BitConverter.ToInt32(_image, root) != 0x424A5342) throw new InvalidDataException("no metadata signature");
            int header = root + 16 + BitConverter.ToInt32(_image, root + 12);
            int streams = BitConverter.ToUInt16(_image, header + 2);
            for (int i = 0, position = header + 4; i < streams; i++)
            {
                int nameLength = Array.IndexOf(_image, (byte)0, position + 8) - position - 8;
                if (nameLength == 2 && _image[position + 8] == '#' && _image[position + 9] == '~') return root + BitConverter.ToInt32(_image, position);
                position += 8 + (nameLength / 4 + 1) * 4;
            }
            throw new InvalidDataException("no \"#~\" stream");
        }

        private int ToOffset(int address, int sectionTable, int sections)
        {
            for (int i = 0, section = sectionTable; i < sections; i++, section += 40)
            {
                int start = BitConverter.ToInt32(_image, section + 12), size = BitConverter.ToInt32(_image, section + 16);
                if (address >= start && address < start + size) return BitConverter.ToInt32(_image, section + 20) + address - start;
            }
            throw new InvalidDataException("an address lies in no section");
        }
    }
}
