namespace MLNetAttn.Modeling;

/// <summary>
/// Cuts a rendered conversation right after the content of its last message, as transformers does: a mark is appended to the content, and the text
/// ends where the mark comes out. The mark is transformers' own, since templates may look for it.
/// </summary>
internal sealed class FinalMessage
{
    private const string Mark = "CONTINUE_FINAL_MESSAGE_TAG";
    private const string MarkAndSpace = $"{Mark} ";

    private readonly string _content;

    private FinalMessage(JinjaList messages, string content) => (Messages, _content) = (messages, content);

    /// <summary>The messages, with the mark in the last one.</summary>
    public JinjaList Messages { get; }

    /// <exception cref="ArgumentException">The last message has no text to go on with, or the template does not read contents.</exception>
    public static FinalMessage MarkIn(JinjaList messages, string template)
    {
        if (!template.Contains("content", StringComparison.Ordinal))
            throw new ArgumentException("The last message is to be continued, but the template reads no field 'content'.", nameof(messages));
        JinjaDictionary last = (JinjaDictionary)messages.Values[^1];
        JinjaDictionary marked = last.Copy();
        string content;
        switch (last.FindText("content"))
        {
            case JinjaText text:
                content = text.Value;
                marked.Set("content", new JinjaText(content + MarkAndSpace));
                break;
            case JinjaList parts when MarkLastText(parts) is var (found, markedParts):
                content = found;
                marked.Set("content", markedParts);
                break;
            default:
                throw new ArgumentException("The last message is to be continued, but it has no content that is text or ends with text.", nameof(messages));
        }
        return new FinalMessage(new JinjaList([.. messages.Values.SkipLast(1), marked]), content);
    }

    /// <exception cref="ArgumentException">The template changed the content, so that it does not come out.</exception>
    public string Cut(string rendered)
    {
        int end = rendered.LastIndexOf(Mark, StringComparison.Ordinal);
        if (end < 0 || !rendered.AsSpan().Contains(PythonText.Strip(_content), StringComparison.Ordinal))
            throw new ArgumentException(
                "The last message is to be continued, but its content does not come out of the template as it is: the template changes or drops it.");
        // Where the space after the mark is gone, the template trims contents.
        return rendered.AsSpan(end).StartsWith(MarkAndSpace) ? rendered[..end] : PythonText.Strip(rendered.AsSpan(0, end), left: false).ToString();
    }

    private static (string Content, JinjaList Parts)? MarkLastText(JinjaList parts)
    {
        for (int i = parts.Values.Count - 1; i >= 0; i--)
        {
            if (parts.Values[i] is not JinjaDictionary part || part.FindText("text") is not { } found)
                continue;
            if (found is not JinjaText text)
                return null;
            JinjaDictionary marked = part.Copy();
            marked.Set("text", new JinjaText(text.Value + MarkAndSpace));
            return (text.Value, new JinjaList([.. parts.Values.Take(i), marked, .. parts.Values.Skip(i + 1)]));
        }
        return null;
    }
}
