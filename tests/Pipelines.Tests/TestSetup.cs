using System.Runtime.CompilerServices;
using TorchSharp;

namespace MLNetAttn.Pipelines;

/// <summary>Runs once before any test.</summary>
internal static class TestSetup
{
    /// <summary>One thread for torch: models of a few thousand weights gain nothing from more, and tests on busy machines lose minutes to threads that wait for
    /// each other.</summary>
    [ModuleInitializer]
    internal static void UseOneThread() => torch.set_num_threads(1);
}
