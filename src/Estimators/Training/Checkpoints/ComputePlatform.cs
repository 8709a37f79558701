using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Text;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators;

/// <summary>What decides, beside the run itself, the last bits of what it computes: sums are taken in another order by other instructions, libraries and
/// numbers of threads.</summary>
/// <param name="Device">Where the model is. Which card a GPU is is not known.</param>
/// <param name="Threads">Threads of one operation (OMP_NUM_THREADS, torch.set_num_threads).</param>
/// <param name="Processor">Its name, and the width of its vectors in bits.</param>
/// <param name="LibTorch">The version of libtorch.</param>
/// <param name="Library">The version of this library, with the commit that it was built from.</param>
internal sealed record ComputePlatform(string Device, int Threads, string Processor, string LibTorch, string Library)
{
    /// <summary>This process, with a model.</summary>
    public static ComputePlatform Of(CausalLanguageModel model) => new(
        model.Device.ToString(),
        get_num_threads(),
        string.Create(CultureInfo.InvariantCulture, $"{ProcessorName()}, {VectorWidth()} bits"),
        __version__,
        LibraryVersion);

    /// <summary>What is not as it was, in words.</summary>
    public string Differences(ComputePlatform before)
    {
        (string What, string Before, string Now)[] all =
        [
            ("the device", before.Device, Device), ("the number of threads", $"{before.Threads}", $"{Threads}"), ("the processor", before.Processor, Processor),
            ("libtorch", before.LibTorch, LibTorch), ("MLNetAttn", before.Library, Library),
        ];
        return string.Join("; ", all.Where(entry => entry.Before != entry.Now).Select(entry => $"{entry.What} was {entry.Before}, and is {entry.Now}"));
    }

    // The assembly's own version is the same for all of a major version.
    private static string LibraryVersion { get; } =
        typeof(ComputePlatform).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static int VectorWidth() => Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128;

    private static string ProcessorName()
    {
        const int First = unchecked((int)0x80000002), Last = unchecked((int)0x80000004);
        if (!X86Base.IsSupported || (uint)X86Base.CpuId(unchecked((int)0x80000000), 0).Eax < unchecked((uint)Last))
            return RuntimeInformation.ProcessArchitecture.ToString();
        var name = new StringBuilder();
        for (int leaf = First; leaf <= Last; leaf++)
        {
            (int a, int b, int c, int d) = X86Base.CpuId(leaf, 0);
            name.Append(Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>([a, b, c, d])));
        }
        return name.ToString().TrimEnd('\0').Trim();
    }
}
