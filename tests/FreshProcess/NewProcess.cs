using System.Diagnostics;

namespace MLNetAttn.FreshProcess;

/// <summary>Starts this program as a process of its own, for the tests that it was built beside.</summary>
public static class NewProcess
{
    /// <summary>The lines that the process prints.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message is what it wrote to its error output.</exception>
    public static async Task<string[]> RunAsync(CancellationToken cancellation, params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation), error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0) throw new InvalidOperationException($"The new process ended with {process.ExitCode}: {await error}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Starts the process with one torch thread.</summary>
    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(RowPrinter).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["OMP_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }
}
