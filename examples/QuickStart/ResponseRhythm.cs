namespace MLNetAttn.QuickStart;

/// <summary>What the pipeline writes that is shown; arrays have one value per response token.</summary>
internal sealed class ResponseRhythm
{
    public string Prompt { get; set; } = "";

    public string[] Tokens { get; set; } = [];

    public float[] Waad { get; set; } = [];

    public float[] Fai { get; set; } = [];

    public float[] Entropy { get; set; } = [];

    public float[] LocalCredit { get; set; } = [];

    public float[] GlobalCredit { get; set; } = [];
}
