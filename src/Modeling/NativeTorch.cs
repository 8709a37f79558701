using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Loads torch's native library. Where that fails TorchSharp names a missing package, whatever the cause, at length.</summary>
internal static class NativeTorch
{
    /// <summary>Sees to it that the library is there before anything is read.</summary>
    /// <exception cref="DllNotFoundException">It does not load; the message says what may be missing.</exception>
    public static void Require() => Require(static () => _ = get_num_threads());

    /// <summary>The same with what loads it.</summary>
    internal static void Require(Action load)
    {
        try
        {
            load();
        }
        catch (Exception exception) when (exception is TypeInitializationException or TypeLoadException or NotSupportedException or BadImageFormatException)
        {
            throw new DllNotFoundException(
                "TorchSharp's native library does not load. Either the app has no backend (add one of the packages TorchSharp-cpu and TorchSharp-cuda-linux to it, " +
                "and build for this system), or the system's libstdc++ is missing (Debian and Ubuntu: apt-get install libstdc++6) or older than GCC 13's, which " +
                "TorchSharp 0.107.0 asks for (docs/packages.md, 'Where TorchSharp does not load'). The inner exceptions have TorchSharp's own words.",
                exception);
        }
    }
}
