using System.Runtime.InteropServices;

namespace MLNetAttn.Modeling.Tests;

public sealed unsafe class PageSupplyTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(1_000_003)]
    public void Leaves_what_the_memory_holds(int length)
    {
        byte* memory = (byte*)NativeMemory.Alloc((nuint)length + 1);
        try
        {
            Span<byte> bytes = new(memory, length);
            bytes.Fill(7);
            PageSupply.Populate(bytes);
            bytes.IndexOfAnyExcept((byte)7).Should().Be(-1);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }
}
