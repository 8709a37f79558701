using System.Text.RegularExpressions;

namespace MLNetAttn.Pipelines;

/// <summary>What is in the boxes of a text: \boxed{…} and \fbox{…}.</summary>
internal static partial class BoxedContent
{
    // Boxes this close belong together; those within Joined characters do if something says so.
    private const int Near = 10;
    private const int Joined = 70;

    private static readonly string[] Commands = ["\\boxed", "\\fbox"];

    /// <summary>The contents, joined by commas; the text itself if there is no box.</summary>
    /// <param name="text">The text.</param>
    /// <param name="all">Whether all boxes count, or the last one and those that belong to it.</param>
    public static string Read(string text, bool all)
    {
        var contents = new List<string>();
        (int Start, int Command, string Content)? next = null;
        for (int before = text.Length; FindLast(text, before) is var (start, end) && start >= 0; before = start)
        {
            int open = end;
            while (open < before && char.IsWhiteSpace(text[open]))
                open++;
            if (open >= before)
                break;
            int close = text[open] == '{' ? FindClosing(text, open, next?.Start ?? text.Length) : -1;
            if (close < 0)
            {
                // The last box is not closed: all that follows is in it.
                if (contents.Count == 0)
                    contents.Add(text[open..]);
                break;
            }
            string content = text[(open + 1)..close].Trim();
            if (!all && next is { } following && !BelongTogether(text[(close + 1)..following.Start], content, following.Content))
                break;
            if (contents.Count == 0 || contents[^1] != content)
                contents.Add(content);
            next = (start, end, contents[^1]);
        }
        contents.Reverse();
        return contents.Count == 0 ? text : string.Join(',', contents);
    }

    private static bool BelongTogether(string between, string content, string next) =>
        between.Length < Near || (content != next && between.Length < Joined && Separator.IsMatch(between));

    private static (int Start, int End) FindLast(string text, int before)
    {
        (int Start, int End) found = (-1, -1);
        foreach (string command in Commands)
        {
            int start = text.AsSpan(0, before).LastIndexOf(command, StringComparison.Ordinal);
            if (start > found.Start)
                found = (start, start + command.Length);
        }
        return found;
    }

    private static int FindClosing(string text, int open, int before)
    {
        int depth = 0;
        for (int position = open; position < before; position++)
        {
            depth += text[position] == '{' ? 1 : text[position] == '}' ? -1 : 0;
            if (depth == 0)
                return position;
        }
        return -1;
    }

    [GeneratedRegex(@"\b(?:and|or)\b|[,;]")]
    private static partial Regex Separator { get; }
}
