using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Notes what is odd in the texts of a data view. A model answers them all the same, and nothing but its answers would say so.</summary>
/// <param name="host">Is warned.</param>
/// <param name="model">Reads the texts.</param>
/// <param name="countsUnknown">Whether text is looked at that the tokenizer does not know: for whoever reads all rows and calls
/// <see cref="WarnOfUnknown"/> then.</param>
internal sealed class TextNotes(IHost host, CausalLanguageModel model, bool countsUnknown = true)
{
    private readonly int? _unknown = countsUnknown && model.HasTokenizer ? model.Tokenizer.LackingTokenId : null;
    private readonly Lock _lock = new();
    private int _prompts;
    private long _rows;
    private long _last = -1;
    private (long Row, string Text)? _example;

    /// <summary>Whether a prompt is the first that is asked about. One that is odd in form is hardly alone, and every cursor reads prompts anew.</summary>
    public bool IsFirstPrompt() => Interlocked.Exchange(ref _prompts, 1) == 0;

    /// <summary>Says that a column of text holds conversations.</summary>
    /// <param name="column">Its name.</param>
    public void WarnOfConversation(string column) => Warn(
        MessageSensitivity.Schema,
        "Column '{0}' looks like a conversation, and is read as plain text: set PromptFormat to Messages, so that the model's chat template writes it.",
        column);

    /// <summary>Takes note of a text.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="text">The text.</param>
    /// <param name="ids">Its tokens.</param>
    public void Encoded(long row, string text, int[] ids)
    {
        if (_unknown is not { } unknown || !ids.Contains(unknown)) return;
        // A transformer's rows are read by several cursors at once.
        lock (_lock)
        {
            // Prompt and response of a row are told one after the other.
            if (row == _last) return;
            (_last, _rows) = (row, _rows + 1);
            _example ??= (row, Lacking(text, unknown));
        }
    }

    /// <summary>Says, once all rows are read, how many of them have text outside the tokenizer's vocabulary.</summary>
    /// <param name="rows">How many were read.</param>
    /// <param name="what">What the rows are.</param>
    public void WarnOfUnknown(int rows, string what)
    {
        if (_example is not { } example) return;
        Warn(
            MessageSensitivity.UserData,
            "{0} of {1} {2} have text that the tokenizer does not know, such as '{3}' in row {4}: the model reads '{5}' instead, whatever it says. Write it in words of the tokenizer's vocabulary, or use a model that has these.",
            _rows,
            rows,
            what,
            example.Text,
            example.Row,
            model.Tokenizer.IdToToken(_unknown!.Value));
    }

    private string Lacking(string text, int unknown)
    {
        TokenEncoding encoding = model.Tokenizer.EncodeWithOffsets(text, addSpecialTokens: false);
        int token = Array.IndexOf([.. encoding.Ids], unknown);
        return token < 0 ? "" : text[encoding.Offsets[token].Start..encoding.Offsets[token].End];
    }

    private void Warn(MessageSensitivity sensitivity, string message, params object[] values)
    {
        using IChannel channel = host.Start("Reading");
        channel.Warning(sensitivity, message, values);
    }
}
