using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Benchmarks;

/// <summary>What only a process can tell that has done nothing else before: first times, and peaks of resident memory.</summary>
internal static class FreshProcess
{
    private const string Mark = "measure";

    /// <summary>Whether the process was started to measure something; it then has.</summary>
    public static bool TryMeasure(string[] args)
    {
        if (args is not [Mark, string what, string folder]) return false;
        // Torch itself, which is there without a model too.
        zeros(1).Dispose();
        Console.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{what switch
            {
                "read" => Ratio.Time(() => ReadFiles(folder)),
                "load" => Ratio.Time(() => Load(folder).Dispose()),
                "peak" => Peak(folder),
                _ => Analysis(folder, int.Parse(what, CultureInfo.InvariantCulture)),
            }}"));
        return true;
    }

    /// <summary>Milliseconds of reading the weights' files into memory.</summary>
    public static double Read(string folder) => Run("read", folder);

    /// <summary>Milliseconds of loading the model, its tokenizer included.</summary>
    public static double LoadTime(string folder) => Run("load", folder);

    /// <summary>The peak of resident memory while loading, in sizes of the weights.</summary>
    public static double LoadPeak(string folder) => Run("peak", folder);

    /// <summary>Bytes that an analysis of so many tokens takes beyond the weights.</summary>
    public static double AnalysisBytes(string folder, int length) => Run(length.ToString(CultureInfo.InvariantCulture), folder);

    private static double Run(string what, string folder)
    {
        using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [Mark, what, folder]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    private static CausalLanguageModel Load(string folder) => CausalLanguageModel.FromPretrained(folder, Program.Half);

    private static unsafe void ReadFiles(string folder)
    {
        foreach (string file in Directory.GetFiles(folder, "*.safetensors"))
        {
            using SafeFileHandle handle = File.OpenHandle(file);
            nuint length = (nuint)RandomAccess.GetLength(handle);
            byte* memory = (byte*)NativeMemory.Alloc(length);
            for (nuint start = 0; start < length;)
                start += (nuint)RandomAccess.Read(handle, new Span<byte>(memory + start, (int)Math.Min(length - start, 1 << 20)), (long)start);
            NativeMemory.Free(memory);
        }
    }

    private static double Peak(string folder)
    {
        long before = ResidentMemory.Now;
        using CausalLanguageModel model = Load(folder);
        return (ResidentMemory.Peak - before) / (double)model.Parameters.Values.Sum(parameter => parameter.numel() * parameter.element_size());
    }

    // The peak so far was loading's: a reset of it needs a right that not every machine gives, so the analysis must exceed it to be seen.
    private static double Analysis(string folder, int length)
    {
        using CausalLanguageModel model = Load(folder);
        long loaded = ResidentMemory.Now;
        model.AnalyzeRhythm([new TokenSequence(Program.Prompt(model, 8, 1), Program.Prompt(model, length - 8, 2))], new RhythmOptions());
        return Math.Max(ResidentMemory.Peak, ResidentMemory.Now) - loaded;
    }
}
