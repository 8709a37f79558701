using System.Reflection;
using Microsoft.ML;

namespace MLNetAttn.Estimators.Tests;

/// <summary>What AutoML does, and ML.NET keeps to itself.</summary>
internal static class Cancelling
{
    public static void CancelExecution(this MLContext context) =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.NonPublic | BindingFlags.Instance)!.Invoke(context, null);
}
