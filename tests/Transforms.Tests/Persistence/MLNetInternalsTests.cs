using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.ML;

namespace MLNetAttn.Transforms.Tests;

public class MLNetInternalsTests
{
    /// <summary>The contract: an update of ML.NET must still have these, and this library must use no others.</summary>
    private static readonly string[] Approved =
    [
        "Microsoft.ML.Data.IInternalCatalog.get_Environment",
        "Microsoft.ML.LoadableClassAttribute..ctor",
        "Microsoft.ML.ModelLoadContext.CheckAtModel",
        "Microsoft.ML.ModelLoadContext.Directory",
        "Microsoft.ML.ModelLoadContext.LoadString",
        "Microsoft.ML.ModelLoadContext.Repository",
        "Microsoft.ML.ModelLoadContext.TryLoadTextStream",
        "Microsoft.ML.ModelSaveContext.CheckAtModel",
        "Microsoft.ML.ModelSaveContext.Repository",
        "Microsoft.ML.ModelSaveContext.SaveString",
        "Microsoft.ML.ModelSaveContext.SaveTextStream",
        "Microsoft.ML.ModelSaveContext.SetVersionInfo",
        "Microsoft.ML.Repository",
        "Microsoft.ML.Repository+Entry.get_Stream",
        "Microsoft.ML.RepositoryReader.OpenEntryOrNull",
        "Microsoft.ML.RepositoryWriter.CreateEntry",
        "Microsoft.ML.Runtime.ICancelable.get_IsCanceled",
        "Microsoft.ML.Runtime.IHostEnvironmentInternal.get_FallbackToCpu",
        "Microsoft.ML.Runtime.IHostEnvironmentInternal.get_GpuDeviceId",
        "Microsoft.ML.SchemaShape.Create",
        "Microsoft.ML.SignatureLoadModel",
        "Microsoft.ML.VersionInfo..ctor",
    ];

    [Fact]
    public void The_library_uses_exactly_the_approved_internals_of_ML_NET() =>
        InternalsUsedBy(typeof(MLNetInternals).Assembly).Should().BeEquivalentTo(Approved);

    [Fact]
    public void The_library_references_the_original_assemblies_and_not_their_publicized_copies()
    {
        typeof(ModelSaveContext).Assembly.GetType("Microsoft.ML.VersionInfo")!.IsNotPublic.Should().BeTrue();
        typeof(MLNetInternals).Assembly.GetReferencedAssemblies().Should().ContainSingle(name => name.Name == "Microsoft.ML.Core")
            .Which.FullName.Should().Be(typeof(ModelSaveContext).Assembly.FullName);
    }

    [Fact]
    public void Every_component_has_a_loading_constructor()
    {
        Type[] components = [.. typeof(IComponent).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false, IsClass: true } && type.IsAssignableTo(typeof(IComponent)))];
        components.Should().NotBeEmpty().And.AllSatisfy(type => ComponentFactory
            .FindConstructor($"{type.FullName}, {type.Assembly.GetName().Name}")
            .Should().NotBeNull("{0} is saved", type));
    }

    [Theory]
    [InlineData("System.String, System.Private.CoreLib")]
    [InlineData("MLNetAttn.Transforms.NoSuchThing, MLNetAttn.Transforms")]
    [InlineData("MLNetAttn.Transforms.BatchTransformer, MLNetAttn.Transforms")]
    [InlineData("Nothing, No.Such.Assembly")]
    [InlineData("[[]], , ,")]
    [InlineData("")]
    public void A_name_that_is_no_component_is_not_constructed(string name) => ComponentFactory.FindConstructor(name).Should().BeNull();

    private static SortedSet<string> InternalsUsedBy(Assembly library)
    {
        using var image = new PEReader(File.OpenRead(library.Location));
        MetadataReader metadata = image.GetMetadataReader();
        var used = new SortedSet<string>(StringComparer.Ordinal);
        var types = metadata.TypeReferences
            .Select(handle => Find(metadata, handle))
            .Where(type => type is { IsVisible: false })
            .Select(type => type!.FullName!)
            .ToHashSet();
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (member.Parent.Kind != HandleKind.TypeReference || Find(metadata, (TypeReferenceHandle)member.Parent) is not { } type) continue;
            string name = metadata.GetString(member.Name);
            if (!type.IsVisible)
                used.Add($"{type.FullName}.{name}");
            else if (type.GetMember(name, Everything(BindingFlags.NonPublic)).Any(IsClosed)
                && !type.GetMember(name, Everything(BindingFlags.Public)).Any(found => !IsClosed(found)))
                used.Add($"{type.FullName}.{name}");
        }
        used.UnionWith(types.Where(type => !used.Any(member => member.StartsWith(type + ".", StringComparison.Ordinal))));
        return used;
    }

    private static BindingFlags Everything(BindingFlags access) => BindingFlags.Instance | BindingFlags.Static | access;

    /// <summary>Whether a member can be seen by its assembly alone.</summary>
    private static bool IsClosed(MemberInfo member) => member switch
    {
        MethodBase method => method.IsAssembly || method.IsFamilyAndAssembly || method.IsPrivate,
        FieldInfo field => field.IsAssembly || field.IsFamilyAndAssembly || field.IsPrivate,
        _ => false,
    };

    private static Type? Find(MetadataReader metadata, TypeReferenceHandle handle)
    {
        TypeReference reference = metadata.GetTypeReference(handle);
        string name = metadata.GetString(reference.Name);
        if (reference.ResolutionScope.Kind == HandleKind.TypeReference)
            return Find(metadata, (TypeReferenceHandle)reference.ResolutionScope)?.GetNestedType(name, BindingFlags.Public | BindingFlags.NonPublic);
        if (reference.ResolutionScope.Kind != HandleKind.AssemblyReference) return null;
        string assembly = metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)reference.ResolutionScope).Name);
        return assembly.StartsWith("Microsoft.ML", StringComparison.Ordinal) && !assembly.StartsWith("Microsoft.ML.Tokenizers", StringComparison.Ordinal)
            ? Assembly.Load(assembly).GetType($"{metadata.GetString(reference.Namespace)}.{name}")
            : null;
    }
}
