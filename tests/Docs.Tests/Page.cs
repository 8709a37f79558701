namespace MLNetAttn.Docs.Tests;

/// <summary>A fenced block of a page.</summary>
/// <param name="Language">What stands behind the fence; empty = nothing.</param>
/// <param name="Line">The line of the page, from 1, that <paramref name="Text"/> begins on.</param>
/// <param name="Text">What is between the fences.</param>
internal sealed record CodeBlock(string Language, int Line, string Text);

/// <summary>A Markdown page of this repository for people who use it: README.md, CONTRIBUTING.md, everything in docs.</summary>
internal sealed class Page
{
    private readonly string[] _lines;

    private Page(string name) => (Name, _lines) = (name, File.ReadAllLines(Repository.Path(name)));

    /// <summary>Its path from the repository's root, with slashes.</summary>
    public string Name { get; }

    /// <summary>The lines outside fenced blocks, with their numbers from 1.</summary>
    public IEnumerable<(int Line, string Text)> Prose =>
        Split().Where(line => line.Block is null && !IsFence(line.Text)).Select(line => (line.Number, line.Text));

    /// <summary>The fenced blocks, from top to bottom.</summary>
    public IEnumerable<CodeBlock> Blocks => Split().Where(line => line.Block is not null).GroupBy(line => line.Block!.Value)
        .Select(block => new CodeBlock(_lines[block.Key].Trim()[3..].Trim(), block.Key + 2, string.Join('\n', block.Select(line => line.Text))));

    /// <summary>The names of all pages.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names() =>
    [
        .. new[] { "README.md", "CONTRIBUTING.md" }
            .Concat(Directory.EnumerateFiles(Repository.Path("docs"), "*.md", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
                .Order(StringComparer.Ordinal))
            .Select(name => new TheoryDataRow<string>(name)),
    ];

    public static Page Read(string name) => new(name);

    /// <summary>Each line, with the index of the fence that opened the block it is in; null outside.</summary>
    private IEnumerable<(int Number, string Text, int? Block)> Split()
    {
        int? open = null;
        for (int i = 0; i < _lines.Length; i++)
        {
            bool fence = IsFence(_lines[i]);
            if (fence && open is not null) open = null;
            else if (fence) open = i;
            yield return (i + 1, _lines[i], fence ? null : open);
        }
    }

    private static bool IsFence(string line) => line.TrimStart().StartsWith("```", StringComparison.Ordinal);
}
