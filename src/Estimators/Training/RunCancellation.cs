using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators;

/// <summary>Whether a training is to end: its token was cancelled, or <c>MLContext.CancelExecution</c> called, which gives no token and has to be asked
/// for.</summary>
/// <param name="environment">Of the trainer.</param>
/// <param name="token">Of its options.</param>
internal sealed class RunCancellation(IHostEnvironment environment, CancellationToken token)
{
    /// <summary>Whether it is.</summary>
    public bool IsRequested => token.IsCancellationRequested || MLNetInternals.IsCanceled(environment);

    /// <exception cref="OperationCanceledException">It is.</exception>
    public void ThrowIfRequested()
    {
        if (IsRequested) throw new OperationCanceledException("Training was cancelled.", token);
    }

    /// <summary>Samples responses, and ends that between two tokens.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<GeneratedSequence> Generate(CausalLanguageModel model, IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(token);
        return model.Generator().Generate(prompts, options, new Watch(this, ended), ended.Token);
    }

    private sealed class Watch(RunCancellation cancellation, CancellationTokenSource ended) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value)
        {
            if (cancellation.IsRequested) ended.Cancel();
        }
    }
}
