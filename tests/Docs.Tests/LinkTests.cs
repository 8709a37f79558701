using System.Text.RegularExpressions;

namespace MLNetAttn.Docs.Tests;

public sealed partial class LinkTests
{
    [Theory]
    [MemberData(nameof(Page.Names), MemberType = typeof(Page))]
    public void Links_and_pictures_of_a_page_are_there(string page)
    {
        string folder = Path.GetDirectoryName(Repository.Path(page))!;
        string[] missing = [.. Links(page).Where(link => !Exists(folder, page, link.Target)).Select(link => $"{page}:{link.Line}: {link.Target}")];
        string.Join('\n', missing).Should().BeEmpty();
    }

    [Fact]
    public void The_index_links_every_page()
    {
        string folder = Repository.Path("docs");
        HashSet<string> linked = [.. Links(PageProgram.Index).Select(link => Path.GetFullPath(Path.Combine(folder, link.Target.Split('#')[0])))];
        Page.Names()
            .Select(row => row.Data)
            .Where(name => name.StartsWith("docs/", StringComparison.Ordinal)
                && name != PageProgram.Index
                && !name.StartsWith("docs/decisions/", StringComparison.Ordinal))
            .Where(name => !linked.Contains(Repository.Path(name)))
            .Should().BeEmpty();
    }

    private static IEnumerable<(int Line, string Target)> Links(string page) => Page.Read(page).Prose
        .SelectMany(line => Link().Matches(InlineCode().Replace(line.Text, "")).Select(link => (line.Line, link.Groups[1].Value)))
        .Where(link => !link.Value.StartsWith("http", StringComparison.Ordinal));

    private static bool Exists(string folder, string page, string target)
    {
        string[] parts = target.Split('#');
        string path = parts[0].Length == 0 ? Repository.Path(page) : Path.GetFullPath(Path.Combine(folder, parts[0]));
        if (parts.Length == 1) return File.Exists(path) || Directory.Exists(path);
        return File.Exists(path) && File.ReadLines(path).Where(line => line.StartsWith('#')).Select(Anchor).Contains(parts[1]);
    }

    /// <summary>What GitHub calls a heading.</summary>
    private static string Anchor(string heading) => NoAnchor().Replace(heading.TrimStart('#').Trim(), "").Replace(' ', '-').ToLowerInvariant();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex InlineCode();

    [GeneratedRegex(@"[^\p{L}\p{N}\- _]")]
    private static partial Regex NoAnchor();
}
