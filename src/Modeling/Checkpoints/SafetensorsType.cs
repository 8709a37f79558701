using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>An element type of the safetensors format, and the torch type that holds it.</summary>
/// <param name="Name">The format's name, such as <c>BF16</c>.</param>
/// <param name="Size">Bytes of one element.</param>
/// <param name="ScalarType">The torch type of the same bits.</param>
/// <param name="Order">The place in the format's own list of types, by which files are sorted.</param>
internal sealed record SafetensorsType(string Name, int Size, ScalarType ScalarType, int Order)
{
    private static readonly SafetensorsType[] Supported =
    [
        new("BOOL", 1, ScalarType.Bool, 0), new("U8", 1, ScalarType.Byte, 1), new("I8", 1, ScalarType.Int8, 2), new("I16", 2, ScalarType.Int16, 3),
        new("F16", 2, ScalarType.Float16, 4), new("BF16", 2, ScalarType.BFloat16, 5), new("I32", 4, ScalarType.Int32, 6), new("F32", 4, ScalarType.Float32, 7),
        new("F64", 8, ScalarType.Float64, 8), new("I64", 8, ScalarType.Int64, 9),
    ];

    private static readonly string[] Unsupported =
        ["F4", "F6_E2M3", "F6_E3M2", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "U16", "U32", "U64", "C64"];

    /// <summary>Whether this is a floating-point type, in which weights may be stored.</summary>
    public bool IsFloat => ScalarType is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;

    /// <summary>The type of this name, or null if the format has none such.</summary>
    /// <exception cref="NotSupportedException">The format has the type, but tensors of it are not read here.</exception>
    public static SafetensorsType? Find(string name, string location, string tensor) => Array.Find(Supported, type => type.Name == name) ??
        (Unsupported.Contains(name)
            ? throw new NotSupportedException($"{location}: tensor '{tensor}' has the element type {name}, which is not supported; supported are {Names}.")
            : null);

    /// <summary>The format's type for a tensor.</summary>
    /// <exception cref="NotSupportedException">The format has no such type.</exception>
    public static SafetensorsType Of(ScalarType type) => Array.Find(Supported, candidate => candidate.ScalarType == type)
        ?? throw new NotSupportedException($"Tensors of type {type} are not written to safetensors files; supported are {Names}.");

    /// <summary>All supported names, for messages.</summary>
    public static string Names => string.Join(", ", Supported.Select(type => type.Name));
}
