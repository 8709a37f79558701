using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Transforms;

/// <summary>What a component keeps of its language model: the model's files lie in the zip once, however many components use it.</summary>
/// <param name="Fingerprint">Names the folder of the zip.</param>
/// <param name="DataType">The type of the weights in memory, with which the outputs were computed.</param>
internal sealed record LanguageModelReference(string Fingerprint, ScalarType DataType);

/// <summary>Language models in model zips: each is a plain Hugging Face folder, <c>LanguageModels/FINGERPRINT/</c>, that the first component to be saved writes
/// and the first to be loaded reads.</summary>
internal static class LanguageModelStore
{
    public const string Folder = "LanguageModels";

    private static readonly ConditionalWeakTable<object, HashSet<string>> Written = [];
    private static readonly ConditionalWeakTable<object, Dictionary<string, WeakReference<LanguageModelHandle>>> Loaded = [];

    /// <summary>Sees to it that the zip holds the model.</summary>
    public static LanguageModelReference Save(ComponentWriter writer, CausalLanguageModel model)
    {
        string fingerprint = model.Fingerprint;
        HashSet<string> written = Written.GetOrCreateValue(writer.Archive);
        if (!written.Contains(fingerprint))
        {
            var target = new Checksums.Target(new ZipTarget(writer, $"{Folder}/{fingerprint}"));
            model.SavePretrained(target);
            target.WriteList();
            written.Add(fingerprint);
        }
        return new LanguageModelReference(fingerprint, model.Parameters.Values.First().dtype);
    }

    /// <summary>The model that a component of the zip refers to, on the GPU that <c>MLContext.GpuDeviceId</c> names or else on the CPU; components of one zip
    /// share one.</summary>
    /// <exception cref="InvalidDataException">The zip does not hold it whole, or a file of it is damaged.</exception>
    public static LanguageModelHandle Load(IHostEnvironment environment, ComponentReader reader, LanguageModelReference reference)
    {
        Dictionary<string, WeakReference<LanguageModelHandle>> loaded = Loaded.GetOrCreateValue(reader.Archive);
        if (loaded.TryGetValue(reference.Fingerprint, out WeakReference<LanguageModelHandle>? known)
            && known.TryGetTarget(out LanguageModelHandle? handle)
            && handle.TryShare() is { } shared)
            return shared;
        var source = new ZipSource(reader, $"{Folder}/{reference.Fingerprint}");
        Checksums.Verify(source);
        LanguageModelHandle first = LanguageModelHandle.Own(CausalLanguageModel.FromPretrained(
            source, new ModelLoadOptions { Device = DeviceOf(environment), DataType = reference.DataType }));
        loaded[reference.Fingerprint] = new WeakReference<LanguageModelHandle>(first);
        return first;
    }

    private static Device? DeviceOf(IHostEnvironment environment)
    {
        (int? gpu, bool fallsBack) = MLNetInternals.Device(environment);
        if (gpu is not { } index) return null;
        int there = cuda.is_available() ? cuda.device_count() : 0;
        if (index < there) return new Device(DeviceType.CUDA, index);
        string found = $"MLContext.GpuDeviceId is {index}, and there is no such GPU that TorchSharp can use (it sees {(there == 0 ? "none" : $"{there}")}; the app needs TorchSharp-cuda-linux or TorchSharp-cuda-windows)";
        if (!fallsBack) throw environment.Process(new InvalidOperationException($"{found}. Set GpuDeviceId to null, or FallbackToCpu to true."));
        using IChannel channel = environment.Start("Loading");
        channel.Warning(MessageSensitivity.None, "{0}: the language model is computed on the CPU.", found);
        return null;
    }

    private sealed class ZipTarget(ComponentWriter writer, string folder) : ICheckpointTarget
    {
        public Stream Create(string file) => writer.CreateFile(folder, file);
    }

    private sealed class ZipSource(ComponentReader reader, string folder) : ICheckpointSource
    {
        public string Location => $"model zip/{folder}";

        public bool Exists(string file)
        {
            using Stream? stream = reader.OpenFile(folder, file);
            return stream is not null;
        }

        public Stream OpenRead(string file) => reader.OpenFile(folder, file) ?? throw new FileNotFoundException($"'{folder}/{file}' is missing.", file);
    }
}
