using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.Build.Framework;

namespace MLNetAttn.Eng.Tests;

public sealed class WeakenVersionRequirementTests : IDisposable
{
    private static readonly string Packaged = Path.Combine(
        typeof(WeakenVersionRequirementTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(item => item.Key == "TorchSharpPackage").Value!,
        "runtimes", "linux-x64", "native", "libLibTorchSharp.so");

    private readonly string _folder = Directory.CreateTempSubdirectory("MLNetAttn.").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_copy_of_the_packaged_library_differs_in_one_flag()
    {
        string copy = Path.Combine(_folder, "made", "copy.so");

        Run(Packaged, copy, always: true).Should().BeEmpty();

        ShouldDifferInOneFlag(File.ReadAllBytes(Packaged), File.ReadAllBytes(copy));
    }

    [Fact]
    public void The_library_in_this_output_is_what_this_machine_needs_and_loads()
    {
        byte[] output = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so"));

        if (SystemLibrary.Defines(ElfFixture.Library, ElfFixture.Symbol, ElfFixture.Version))
            output.Should().Equal(File.ReadAllBytes(Packaged));
        else
            ShouldDifferInOneFlag(File.ReadAllBytes(Packaged), output);
        TorchSharp.torch.ones(2).sum().item<float>().Should().Be(2);
        Directory.Exists(Path.Combine(AppContext.BaseDirectory, "cpu")).Should().BeFalse("TorchSharp makes it when the library does not load");
    }

    [Fact]
    public void Running_the_step_on_its_own_result_changes_nothing()
    {
        string copy = Path.Combine(_folder, "copy.so");
        Run(Packaged, copy, always: true);
        byte[] once = File.ReadAllBytes(copy);

        Run(copy, copy, always: true).Should().BeEmpty();

        File.ReadAllBytes(copy).Should().Equal(once);
    }

    [Fact]
    public void A_hard_linked_original_keeps_its_content()
    {
        (string original, string linked) = (Write(new ElfFixture()), Path.Combine(_folder, "linked.so"));
        byte[] before = File.ReadAllBytes(original);
        CreateHardLink(original, linked).Should().Be(0);

        Run(original, linked, always: true).Should().BeEmpty();

        File.ReadAllBytes(original).Should().Equal(before);
        File.ReadAllBytes(linked).Should().NotEqual(before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_the_machine_has_the_version_the_copy_is_unchanged_unless_asked_for(bool always)
    {
        // Every machine that TorchSharp's libraries load on has this version of this symbol.
        (string library, string version, string symbol) = ("libc.so.6", "GLIBC_2.14", "memcpy");
        string original = Write(new ElfFixture { Needs = [(library, [version])], Symbols = [(symbol, 2, 0)], Relocated = [] });
        string copy = Path.Combine(_folder, "copy.so");

        Run(original, copy, always, library, version, symbol).Should().BeEmpty();

        File.ReadAllBytes(copy).SequenceEqual(File.ReadAllBytes(original)).Should().Be(!always);
    }

    [Theory]
    [InlineData("libc.so.6", "memcpy", "GLIBC_2.14", true)]
    [InlineData("libc.so.6", "memcpy", "GLIBC_9.99", false)]
    [InlineData("libstdc++.so.6", "_ZdlPv", "GLIBCXX_3.4", true)]
    [InlineData("libnowhere.so.6", "memcpy", "GLIBC_2.14", false)]
    public void The_loader_says_which_versions_a_library_has(string library, string symbol, string version, bool defined) =>
        SystemLibrary.Defines(library, symbol, version).Should().Be(defined);

    [Fact]
    public void A_library_that_the_step_does_not_know_is_one_error_and_no_copy()
    {
        (string original, string copy) = (Write(new ElfFixture { Relocated = [3] }), Path.Combine(_folder, "copy.so"));

        BuildErrorEventArgs error = Run(original, copy, always: true).Should().ContainSingle().Subject;

        error.Code.Should().Be("MLNETATTN001");
        error.Message.Should().Contain(original).And.Contain("It uses").And.Contain("TorchSharpNativeFix");
        File.Exists(copy).Should().BeFalse();
    }

    [Fact]
    public void A_library_that_is_not_there_is_one_error() =>
        Run(Path.Combine(_folder, "absent.so"), Path.Combine(_folder, "copy.so"), always: true)
            .Should().ContainSingle().Which.Message.Should().Contain("absent.so");

    private static void ShouldDifferInOneFlag(byte[] original, byte[] changed)
    {
        changed.Length.Should().Be(original.Length);
        int position = Enumerable.Range(0, original.Length).Where(i => original[i] != changed[i]).Should().ContainSingle().Subject;
        (original[position] ^ changed[position]).Should().Be(2, "VER_FLG_WEAK is bit 1");
    }

    private string Write(ElfFixture fixture)
    {
        string path = Path.Combine(_folder, "original.so");
        File.WriteAllBytes(path, fixture.Build());
        return path;
    }

    private static List<BuildErrorEventArgs> Run(string source, string destination, bool always,
        string library = ElfFixture.Library, string version = ElfFixture.Version, string symbol = ElfFixture.Symbol)
    {
        var engine = new RecordingBuildEngine();
        var task = new WeakenVersionRequirement
        {
            BuildEngine = engine,
            Source = source,
            Destination = destination,
            Library = library,
            Version = version,
            Symbol = symbol,
            Always = always,
        };
        task.Execute().Should().Be(engine.Errors.Count == 0);
        return engine.Errors;
    }

    [DllImport("libc", EntryPoint = "link")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateHardLink([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string created);
}
