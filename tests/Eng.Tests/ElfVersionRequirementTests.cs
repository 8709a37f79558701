using CsCheck;

namespace MLNetAttn.Eng.Tests;

public sealed class ElfVersionRequirementTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Only_the_weak_flag_of_the_one_requirement_changes(bool tableFirst)
    {
        byte[] original = new ElfFixture { TableFirst = tableFirst }.Build();

        byte[] weakened = Weaken(original);

        int changed = Differences(original, weakened).Should().ContainSingle().Subject;
        (original[changed], weakened[changed]).Should().Be(((byte)0, (byte)2));
        // The flags follow the hash of the version's name, which the fixture sets to this number.
        BitConverter.ToUInt32(original, changed - 4).Should().Be(0x12345678);
        BitConverter.ToUInt16(original, changed + 2).Should().Be(4, "that is the index of the version");
    }

    [Fact]
    public void Weakening_twice_is_weakening_once()
    {
        byte[] once = Weaken(new ElfFixture().Build());

        Weaken(once).Should().Equal(once);
    }

    [Fact]
    public void A_version_that_no_symbol_has_is_weakened() =>
        Differences(
            new ElfFixture { Symbols = [("memcpy", 2, 0)] }.Build(),
            Weaken(new ElfFixture { Symbols = [("memcpy", 2, 0)] }.Build()))
            .Should().ContainSingle();

    [Fact]
    public void What_is_no_ELF_file_is_refused() => Refusing("MZ, and then a library of another system"u8.ToArray()).WithMessage("*no ELF file*");

    private static readonly Dictionary<string, (ElfFixture Object, string Reason)> OtherLayouts = new()
    {
        ["32 bit"] = (new() { Class = 1 }, "*no 64-bit*"),
        ["big endian"] = (new() { ByteOrder = 2 }, "*little-endian*"),
        ["an executable"] = (new() { Type = 2 }, "*shared object*"),
        ["another processor"] = (new() { Machine = 183 }, "*x86-64*"),
        ["no version requirements"] = (new() { WithNeeds = false }, "*0 sections of version requirements*"),
        ["the version is not required"] = (new() { Needs = [(ElfFixture.Library, ["GLIBCXX_3.4"])] }, "*does not require GLIBCXX_3.4.32 of libstdc++.so.6*"),
        ["required of another library"] = (new() { Needs = [("libother.so.1", [ElfFixture.Version])] }, "*does not require*"),
        ["required twice"] = (new() { Needs = [(ElfFixture.Library, [ElfFixture.Version, ElfFixture.Version])] }, "*more than once*"),
        ["the symbol is used"] = (new() { Relocated = [1, 2, 3] }, $"*uses '{ElfFixture.Symbol}'*"),
        ["another symbol has the version"] = (
            new() { Symbols = [(ElfFixture.Symbol, 4, 0), ("_ZSt4cout", 4, 0)], Relocated = [] },
            "*'_ZSt4cout' has GLIBCXX_3.4.32*"),
        ["the symbol is defined"] = (new() { Symbols = [(ElfFixture.Symbol, 4, 9)], Relocated = [] }, "*undefined*"),
    };

    public static TheoryData<string> NamesOfOtherLayouts => [.. OtherLayouts.Keys];

    [Theory]
    [MemberData(nameof(NamesOfOtherLayouts))]
    public void Another_layout_is_refused_with_the_reason(string name) => Refusing(OtherLayouts[name].Object.Build()).WithMessage(OtherLayouts[name].Reason);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_cut_anywhere_is_refused(bool tableFirst)
    {
        byte[] whole = new ElfFixture { TableFirst = tableFirst }.Build();

        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            Action weakening = () => Weaken(cut);
            weakening.Should().Throw<SystemException>($"{length} of {whole.Length} bytes are there").Which.Should().Match(IsRefusal);
        }
    }

    [Fact]
    public void A_damaged_file_is_refused_or_gets_one_flag_but_nothing_else_happens() =>
        Gen.Select(Gen.Bool, Gen.Select(Gen.Int[0, 10_000], Gen.Byte).Array[1, 8]).Sample((tableFirst, damages) =>
        {
            byte[] image = new ElfFixture { TableFirst = tableFirst }.Build();
            foreach ((int position, byte value) in damages)
                image[position % image.Length] = value;
            try
            {
                return Differences(image, Weaken(image)).Count() <= 1;
            }
            catch (Exception exception)
            {
                return exception is InvalidDataException or NotSupportedException;
            }
        }, iter: 20_000);

    private static System.Linq.Expressions.Expression<Func<SystemException, bool>> IsRefusal =>
        exception => exception is InvalidDataException || exception is NotSupportedException;

    private static FluentAssertions.Specialized.ExceptionAssertions<NotSupportedException> Refusing(byte[] image)
    {
        byte[] before = [.. image];
        Action weakening = () => ElfVersionRequirement.Weaken(image, ElfFixture.Library, ElfFixture.Version, ElfFixture.Symbol);
        FluentAssertions.Specialized.ExceptionAssertions<NotSupportedException> refusal = weakening.Should().Throw<NotSupportedException>();
        image.Should().Equal(before);
        return refusal;
    }

    private static byte[] Weaken(byte[] image)
    {
        byte[] copy = [.. image];
        ElfVersionRequirement.Weaken(copy, ElfFixture.Library, ElfFixture.Version, ElfFixture.Symbol);
        return copy;
    }

    private static IEnumerable<int> Differences(byte[] left, byte[] right) => Enumerable.Range(0, left.Length).Where(i => left[i] != right[i]);
}
