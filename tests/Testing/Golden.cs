using System.Text.Json;

namespace MLNetAttn.Testing;

/// <summary>Reference outputs of other implementations: the folder named by MLNETATTN_GOLDEN, else <c>../shared/golden</c>.</summary>
/// <remarks>Theories enumerate what the folder holds; without it they have one case, <see cref="Absent"/>, which skips visibly.</remarks>
internal static class Golden
{
    /// <summary>The only case of a theory where the golden folder, or the part asked for, is absent.</summary>
    public const string Absent = "(no golden folder)";

    /// <summary>The golden folder, or null.</summary>
    public static string? Root { get; } = Environment.GetEnvironmentVariable("MLNETATTN_GOLDEN") is { Length: > 0 } named
        ? Directory.Exists(named) ? Path.GetFullPath(named) : throw new DirectoryNotFoundException($"MLNETATTN_GOLDEN names '{named}', which is no folder.")
        : Repository.Shared("golden");

    /// <summary>Skips the running test, with the reason, if the golden folder or this part of it is absent; else its full path.</summary>
    public static string Require(params string[] parts)
    {
        string? path = Root is null ? null : Path.Combine([Root, .. parts]);
        Assert.SkipUnless(path is not null && (File.Exists(path) || Directory.Exists(path)),
            $"'{Path.Combine(parts)}' is not in the golden folder (MLNETATTN_GOLDEN, else ../shared/golden).");
        return path!;
    }

    /// <summary>The names of the folders under a part of the golden folder that hold <paramref name="file"/>, or <see cref="Absent"/>.</summary>
    public static IEnumerable<TheoryDataRow<string>> Folders(string part, string file) =>
        Names(Root is null || !Directory.Exists(Path.Combine(Root, part)) ? [] : Directory.GetDirectories(Path.Combine(Root, part))
            .Where(folder => File.Exists(Path.Combine(folder, file))).Select(folder => Path.GetFileName(folder)));

    /// <summary>The names, without extension, of the files under a part of the golden folder that match, or <see cref="Absent"/>.</summary>
    public static IEnumerable<TheoryDataRow<string>> Files(string part, string pattern) =>
        Names(Root is null || !Directory.Exists(Path.Combine(Root, part)) ? [] : Directory.GetFiles(Path.Combine(Root, part), pattern)
            .Select(file => Path.GetFileNameWithoutExtension(file)));

    /// <summary>A golden JSON file; NaN and infinities are strings.</summary>
    public static JsonElement Json(params string[] parts) => JsonDocument.Parse(File.ReadAllBytes(Require(parts))).RootElement;

    /// <summary>The folder of a tokenizer, by its name: beside its cases, or among the models. Skips the running test, with the reason, if there is
    /// none.</summary>
    public static string RequireTokenizer(string name)
    {
        string?[] candidates = Root is null ? [] :
            [Path.Combine(Root, "tokenizers", name), Path.Combine(Root, "..", "models", "tokenizers", name), Repository.Shared("models", "tokenizers", name)];
        string? found = candidates.FirstOrDefault(candidate => candidate is not null && File.Exists(Path.Combine(candidate, "tokenizer.json")));
        Assert.SkipWhen(found is null, $"There is no tokenizer folder for '{name}', neither beside its cases nor in models/tokenizers.");
        return found!;
    }

    /// <summary>The folder of the model that a golden adapter belongs to, which its adapter_config.json names from where it lies.</summary>
    public static string AdapterBase(string folder)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "adapter_config.json")));
        string named = Path.GetFullPath(Path.Combine(folder, config.RootElement.GetProperty("base_model_name_or_path").GetString() ?? ""));
        return File.Exists(Path.Combine(named, "config.json")) ? named : Require("training-step", "model");
    }

    private static IEnumerable<TheoryDataRow<string>> Names(IEnumerable<string> found)
    {
        string[] names = [.. found.Order(StringComparer.Ordinal)];
        return (names.Length > 0 ? names : [Absent]).Select(name => new TheoryDataRow<string>(name));
    }
}
