using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MLNetAttn.Cli;

/// <summary>Where the tool reads and writes when it is given no files.</summary>
/// <param name="Input">Rows.</param>
/// <param name="Output">Rows, and nothing else.</param>
/// <param name="Errors">What people read.</param>
/// <param name="IsTerminal">Whether people see <paramref name="Errors"/> as it is written, and lines can be drawn over: only then progress is shown.</param>
internal sealed record Streams(TextReader Input, TextWriter Output, TextWriter Errors, bool IsTerminal)
{
    // EPIPE of Linux and macOS, ERROR_BROKEN_PIPE and ERROR_NO_DATA of Windows.
    private const int BrokenPipe = 32, WindowsBrokenPipe = unchecked((int)0x8007006D), WindowsNoData = unchecked((int)0x800700E8);

    /// <summary>Those of the process, in UTF-8.</summary>
    public static Streams OfProcess()
    {
        UTF8Encoding utf8 = new(encoderShouldEmitUTF8Identifier: false);
        return new Streams(
            new StreamReader(Console.OpenStandardInput(), utf8),
            new StreamWriter(StandardOutput(), utf8) { AutoFlush = true },
            Console.Error,
            !Console.IsErrorRedirected && (OperatingSystem.IsWindows() || Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb")));
    }

    /// <summary>Whether an error says that nobody reads the output any more, as behind <c>| head</c>.</summary>
    public static bool IsClosed(Exception exception) =>
        exception is IOException { HResult: BrokenPipe or WindowsBrokenPipe or WindowsNoData } || (exception.InnerException is { } inner && IsClosed(inner));

    // The console's own stream takes no notice of a reader that has gone: hours of work would be for nobody. A file has no reader, but a position that other
    // writers share, which a FileStream neither follows nor moves on.
    private static Stream StandardOutput()
    {
        if (OperatingSystem.IsWindows()) return Console.OpenStandardOutput();
        FileStream output = new(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return output.CanSeek ? Console.OpenStandardOutput() : output;
    }
}
