using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetAttn.Transforms;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]
[assembly: LoadableClass(typeof(ITransformer), typeof(ComponentLoader), null, typeof(SignatureLoadModel), "MLNetAttn component", ComponentLoader.Signature)]

namespace MLNetAttn.Transforms;

// A transformer outside ML.NET's own tree cannot save itself, load itself or join mlContext.Transforms with ML.NET's public members alone. What it needs beyond
// them is used in this file and nowhere else; a contract test holds the exact list.

/// <summary>Small services that ML.NET keeps to itself.</summary>
internal static class MLNetInternals
{
    /// <summary>The environment behind <c>mlContext.Transforms</c>.</summary>
    public static IHostEnvironment GetEnvironment(TransformsCatalog catalog) => ((IInternalCatalog)catalog).Environment;

    /// <summary>Whether <c>MLContext.CancelExecution</c> was called, as AutoML does.</summary>
    public static bool IsCanceled(IHostEnvironment environment) => environment is ICancelable { IsCanceled: true };

    /// <exception cref="OperationCanceledException">It was, or the token is cancelled.</exception>
    public static void ThrowIfCanceled(IHost host, CancellationToken token)
    {
        if (token.IsCancellationRequested || IsCanceled(host)) throw host.Process(new OperationCanceledException("Operation was canceled.", token));
    }

    /// <summary><c>MLContext.GpuDeviceId</c>: the GPU to compute on, null = the CPU; and <c>MLContext.FallbackToCpu</c>: whether the CPU is good enough where
    /// it cannot be used.</summary>
    public static (int? GpuDeviceId, bool FallbackToCpu) Device(IHostEnvironment environment) =>
        environment is IHostEnvironmentInternal host ? (host.GpuDeviceId, host.FallbackToCpu) : (null, true);

    /// <summary>What an estimator promises of columns that it knows in full.</summary>
    public static SchemaShape CreateShape(DataViewSchema schema) => SchemaShape.Create(schema);

    /// <summary>Writes a component into the zip that ML.NET is saving.</summary>
    public static void Save(ModelSaveContext context, IComponent component)
    {
        context.CheckAtModel();
        context.SetVersionInfo(ComponentLoader.Version);
        Type type = component.GetType();
        context.SaveString($"{type.FullName}, {type.Assembly.GetName().Name}");
        component.Save(new ComponentWriter(context));
    }
}

/// <summary>ML.NET calls this, by the attribute above, for every component that it finds in a zip; no registration is needed.</summary>
internal static class ComponentLoader
{
    public const string Signature = "MLNetAttnComponent";

    private const uint FormatVersion = 0x00010001;

    public static VersionInfo Version => new("ATTNCOMP", FormatVersion, FormatVersion, FormatVersion, typeof(ComponentLoader).Assembly.FullName, Signature);

    private static ITransformer Create(IHostEnvironment environment, ModelLoadContext context)
    {
        context.CheckAtModel(Version);
        return ComponentFactory.Create(environment, context.LoadString(), new ComponentReader(context));
    }
}

/// <summary>Where a component writes its state: its own folder of the zip, and files that components share.</summary>
internal sealed class ComponentWriter(ModelSaveContext context)
{
    /// <summary>Stands for the zip: the same object for all components saved into it.</summary>
    public object Archive => context.Repository;

    /// <summary>Writes the component's state as State.json.</summary>
    public void WriteState<TState>(TState state) => context.SaveTextStream(ComponentState.FileName, text => text.Write(ComponentState.Serialize(state)));

    /// <summary>Adds a file to a folder counted from the zip's root. The stream must be disposed before the next one is asked for.</summary>
    public Stream CreateFile(string folder, string file)
    {
        Repository.Entry entry = context.Repository.CreateEntry(folder, file);
        return new EntryStream(entry.Stream, entry);
    }
}

/// <summary>Where a component reads what <see cref="ComponentWriter"/> wrote.</summary>
internal sealed class ComponentReader(ModelLoadContext context)
{
    /// <summary>Stands for the zip: the same object for all components loaded from it.</summary>
    public object Archive => context.Repository;

    /// <summary>Reads State.json.</summary>
    /// <exception cref="InvalidDataException">It is missing or damaged.</exception>
    public TState ReadState<TState>()
    {
        string? json = null;
        context.TryLoadTextStream(ComponentState.FileName, text => json = text.ReadToEnd());
        return ComponentState.Deserialize<TState>(json, context.Directory);
    }

    /// <summary>Opens a file of a folder counted from the zip's root; null if there is none.</summary>
    public Stream? OpenFile(string folder, string file) =>
        context.Repository.OpenEntryOrNull(folder, file) is { } entry ? new EntryStream(entry.Stream, entry) : null;
}
