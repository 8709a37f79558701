namespace MLNetAttn.Modeling;

/// <summary>The text of a template as Jinja reads it: line breaks are line feeds, and one at the end is dropped.</summary>
internal sealed class JinjaSource
{
    /// <summary>The longest template; those of real models have some ten thousand characters.</summary>
    public const int MaximumLength = 1_000_000;

    public JinjaSource(string text)
    {
        string normalized = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Text = normalized.EndsWith('\n') ? normalized[..^1] : normalized;
    }

    public string Text { get; }

    /// <summary>The line and column of a position, from 1.</summary>
    public (int Line, int Column) Locate(int position)
    {
        ReadOnlySpan<char> before = Text.AsSpan()[..Math.Min(position, Text.Length)];
        return (before.Count('\n') + 1, position - before.LastIndexOf('\n'));
    }
}
