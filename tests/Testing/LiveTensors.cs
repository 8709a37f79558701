using TorchSharp;

namespace MLNetAttn.Testing;

/// <summary>Counts native tensors. Test classes run one after the other (xunit.runner.json), so that the count is this test's own.</summary>
internal static class LiveTensors
{
    /// <summary>The tensors alive once the garbage of earlier tests is gone: the number to compare with.</summary>
    public static long Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Now;
    }

    /// <summary>The tensors alive now, without the help of the garbage collector: what an operation left behind counts.</summary>
    public static long Now => torch.Tensor.TotalCount;
}
