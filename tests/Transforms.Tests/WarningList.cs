using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms.Tests;

/// <summary>What a context warns of from now on.</summary>
internal sealed class WarningList : List<string>
{
    public WarningList(MLContext context) => context.Log += (_, entry) =>
    {
        if (entry.Kind == ChannelMessageKind.Warning) Add(entry.Message);
    };
}
