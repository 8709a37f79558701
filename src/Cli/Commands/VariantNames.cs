using System.Globalization;

namespace MLNetAttn.Cli;

/// <summary>Names by which people tell files apart, in as few parts of their paths as that takes.</summary>
internal static class VariantNames
{
    /// <summary>A name for each file: <c>before</c> of before.jsonl; <c>full/samples</c> and <c>two/samples</c> where several are called
    /// samples.jsonl.</summary>
    /// <param name="paths">Full paths. One that comes again gets a number.</param>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> paths)
    {
        string[] bare = [.. paths.Select(path => Path.ChangeExtension(path, null))];
        // Files that differ in their extensions alone keep them.
        string[][] files = [.. (bare.Distinct().Count() == paths.Distinct().Count() ? bare : paths).Select(path => path.Split(Path.DirectorySeparatorChar))];
        string[] names = [.. files.Select(file => Shortest(file, files))];
        return
        [
            .. names.Select((name, i) => names.Take(i).Count(earlier => earlier == name) is > 0 and int before
                ? string.Create(CultureInfo.InvariantCulture, $"{name} ({before + 1})")
                : name),
        ];
    }

    private static string Shortest(string[] file, string[][] all)
    {
        int count = 1;
        while (count < file.Length && all.Any(other => !other.SequenceEqual(file) && End(other, count) == End(file, count))) count++;
        return End(file, count);
    }

    private static string End(string[] parts, int count) => string.Join('/', parts.TakeLast(count));
}
