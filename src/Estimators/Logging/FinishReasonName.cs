using System.Text.Json;
using MLNetAttn.Modeling;

namespace MLNetAttn.Estimators;

/// <summary>What rows of JSON call the reasons why responses end: stop_token, stop_string, length.</summary>
internal static class FinishReasonName
{
    /// <summary>The name of a reason.</summary>
    public static string Of(FinishReason reason) => JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString());
}
