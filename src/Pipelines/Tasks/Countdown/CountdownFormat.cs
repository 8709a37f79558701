namespace MLNetAttn.Pipelines;

/// <summary>How a Countdown problem is asked and answered in text.</summary>
public enum CountdownFormat
{
    /// <summary>
    /// Words, numbers and signs separated by one space, one token each in <see cref="CountdownVocabulary"/>: the prompt is
    /// <c>numbers 1 5 7 target 11 :</c>, the response <c>try 7 + 5 = 12 ; 12 - 1 = 11 ; yes . answer ( 7 + 5 ) - 1</c>.
    /// </summary>
    SearchTrace,

    /// <summary>The English prompt of TinyZero (https://github.com/Jiayi-Pan/TinyZero); the response ends in <c>&lt;answer&gt; (7 + 5) - 1
    /// &lt;/answer&gt;</c>.</summary>
    TinyZero,
}
