using System.Reflection;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>Makes the component that a zip names.</summary>
internal static class ComponentFactory
{
    private static readonly Type[] Parameters = [typeof(IHostEnvironment), typeof(ComponentReader)];

    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="name">Type and assembly, as <c>Type, Assembly</c>.</param>
    /// <param name="reader">The component's state.</param>
    /// <exception cref="InvalidDataException">There is no such component, or its state is damaged.</exception>
    public static IComponent Create(IHostEnvironment environment, string name, ComponentReader reader)
    {
        ConstructorInfo constructor = FindConstructor(name)
            ?? throw environment.Process(new InvalidDataException(
                $"The model zip holds a component '{name}' that is not available here. Does the app reference the package, in this version or a later one?"));
        try
        {
            return (IComponent)constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, [environment, reader], null);
        }
        catch (Exception exception)
        {
            environment.Process(exception);
            throw;
        }
    }

    /// <summary>The loading constructor of a component type; null if the name is not one of a component.</summary>
    internal static ConstructorInfo? FindConstructor(string name)
    {
        try
        {
            return Type.GetType(name, throwOnError: false) is { IsAbstract: false } type && type.IsAssignableTo(typeof(IComponent))
                ? type.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, Parameters)
                : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FileLoadException or BadImageFormatException or TypeLoadException)
        {
            return null;
        }
    }
}
