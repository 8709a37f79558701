namespace MLNetAttn.Modeling;

/// <summary>One response while it is sampled.</summary>
/// <param name="prompt">The prompt's index.</param>
/// <param name="sample">Which of the prompt's samples it is.</param>
/// <param name="promptIds">The prompt.</param>
/// <param name="limit">The most tokens it may have.</param>
/// <param name="stream">Its stream of random numbers.</param>
/// <param name="text">Its text as it is written; null where nothing needs it before the end.</param>
internal sealed class ResponseRow(int prompt, int sample, int[] promptIds, int limit, ulong stream, ResponseText? text)
{
    private readonly List<int> _ids = [];
    private readonly List<float> _logProbabilities = [];
    private readonly List<int[]?> _keptIds = [];
    private string _piece = "";

    public int Prompt => prompt;

    public int Sample => sample;

    public int[] PromptIds => promptIds;

    /// <summary>The most tokens it may have.</summary>
    public int Limit => limit;

    /// <summary>Tokens so far.</summary>
    public int Length => _ids.Count;

    /// <summary>Why it ended, or null.</summary>
    public FinishReason? Finish { get; private set; }

    /// <summary>The random numbers that its next token is drawn with: a function of its own stream and the token's place alone.</summary>
    public ulong NextStream => RandomUniform.Branch(stream, Length);

    /// <summary>The latest token.</summary>
    public GeneratedToken Latest => new(_ids[^1], _piece, _logProbabilities[^1], Finish);

    /// <summary>Takes the next token.</summary>
    /// <param name="id">The token.</param>
    /// <param name="logProbability">Of the token.</param>
    /// <param name="isStop">Whether it is a stop token.</param>
    /// <param name="keptIds">What could have been drawn in its place; null = everything, or not asked for.</param>
    public void Add(int id, float logProbability, bool isStop, int[]? keptIds)
    {
        _ids.Add(id);
        _logProbabilities.Add(logProbability);
        _keptIds.Add(keptIds);
        bool last = isStop || Length == limit;
        if (text is not null) _piece = text.Append(id, last);
        Finish = text is { Stopped: true } ? FinishReason.StopString : isStop ? FinishReason.StopToken : last ? FinishReason.Length : null;
    }

    /// <param name="tokenizer">Gives the text where it was not needed before; null = no text.</param>
    public GeneratedSequence ToSequence(Tokenizer? tokenizer)
    {
        int[] ids = [.. _ids];
        return new GeneratedSequence
        {
            PromptIndex = Prompt,
            SampleIndex = Sample,
            TokenIds = ids,
            LogProbabilities = [.. _logProbabilities],
            KeptIds = _keptIds.TrueForAll(kept => kept is null) ? null : [.. _keptIds],
            Text = text?.ToString() ?? tokenizer?.Decode(ids, skipSpecialTokens: true),
            FinishReason = Finish!.Value,
        };
    }
}
