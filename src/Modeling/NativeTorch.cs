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
                "and build for this system), or the system lacks a library that it needs: libgomp (Debian and Ubuntu: apt-get install libgomp1), or a libstdc++ of " +
                "GCC 13 (docs/packages.md, 'Where TorchSharp does not load'). The inner exception has the loader's own words.",
                exception);
        }
    }
}
