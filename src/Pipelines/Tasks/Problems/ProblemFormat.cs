namespace MLNetAttn.Pipelines;

/// <summary>The fields of a file of problems in JSON lines.</summary>
public enum ProblemFormat
{
    /// <summary>GSM8K: <c>question</c>, and <c>answer</c>, whose last line is "#### N".</summary>
    Gsm8k,

    /// <summary>MATH and its 500: <c>problem</c>, <c>answer</c>.</summary>
    Math,

    /// <summary>AIME: <c>problem</c> or <c>prompt</c> (an instruction after the problem is cut off), <c>answer</c> as a number or text.</summary>
    Aime,

    /// <summary>AMC: <c>problem</c>, <c>answer</c> as a number.</summary>
    Amc,

    /// <summary>OlympiadBench: <c>context</c> (may be null), <c>question</c>, <c>final_answer</c> (a list of one or more).</summary>
    OlympiadBench,

    /// <summary>Countdown: <c>nums</c> or <c>numbers</c>, and <c>target</c>; or <c>input</c> "1,2,3" and <c>output</c>.</summary>
    Countdown,
}
