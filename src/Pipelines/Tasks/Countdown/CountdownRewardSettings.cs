namespace MLNetAttn.Pipelines;

/// <summary>The columns and the format of a Countdown reward; as it is written into the model zip.</summary>
internal sealed record CountdownRewardSettings(
    string ResponseColumnName, string NumbersColumnName, string TargetColumnName, string OutputColumnName, CountdownFormat Format);
