using System.Diagnostics;
using System.Globalization;

namespace MLNetAttn.Experiments;

/// <summary>Lets runs end with their campaign however it ends: one that lives on has no one to report to, and holds the folder that the next campaign
/// needs.</summary>
internal static class CampaignWatch
{
    // The standard input of a worker that people start is theirs, and may be at its end from the first.
    private const string Variable = "MLNETATTN_EXPERIMENTS_CAMPAIGN";

    /// <summary>Prepares a process that is to end with this one.</summary>
    public static void Announce(ProcessStartInfo start)
    {
        start.RedirectStandardInput = true;
        start.Environment[Variable] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Ends this process when the campaign that started it is gone; nothing where none did.</summary>
    public static void Begin()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null) return;
        new Thread(EndWithInput) { IsBackground = true, Name = nameof(CampaignWatch) }.Start();
    }

    private static void EndWithInput()
    {
        using Stream input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0)
        {
            // A campaign writes nothing: only its end is waited for.
        }
        // Not an exit, which would wait for torch's threads: what is on the disk is whole at any time.
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
