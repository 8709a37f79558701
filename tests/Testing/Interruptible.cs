using System.Diagnostics;
using System.Globalization;

namespace MLNetAttn.Testing;

/// <summary>Processes that an interrupt reaches, also where the tests run in the background of a shell: what is started there ignores it, and so does what
/// that starts.</summary>
internal static class Interruptible
{
    public static ProcessStartInfo Start(string file, params string[] arguments) => new(
        IsIgnored() ? "env" : file, IsIgnored() ? ["--default-signal=INT", file, .. arguments] : arguments)
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static bool IsIgnored()
    {
        const string mask = "SigIgn:", status = "/proc/self/status";
        string? line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith(mask, StringComparison.Ordinal)) : null;
        // Bit 1 is signal 2.
        return line is not null && (ulong.Parse(line.AsSpan(mask.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 2) != 0;
    }
}
