using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>What the gradient functions of a thread's computations leave to whoever asked for the gradient.</summary>
internal sealed class BackwardPass
{
    [ThreadStatic]
    private static BackwardPass? _ofThread;

    private ExceptionDispatchInfo? _failure;

    // What autograd was given last, and has taken over since.
    private IReadOnlyList<Tensor> _given = [];

    /// <summary>Of the calling thread.</summary>
    public static BackwardPass OfThread => _ofThread ??= new BackwardPass();

    /// <summary>Runs a gradient function; after one that failed none does anything.</summary>
    /// <param name="arguments">How many gradients are expected.</param>
    /// <param name="differentiate">The function.</param>
    public List<Tensor> Run(int arguments, Func<List<Tensor?>> differentiate)
    {
        // Otherwise the scope around a pass would hold the gradients of all layers until its end.
        Free();
        if (_failure is null)
        {
            try
            {
                List<Tensor?> gradients = differentiate();
                _given = [.. gradients.OfType<Tensor>().Select(tensor => tensor.DetachFromDisposeScope())];
                return gradients!;
            }
            catch (Exception exception)
            {
                _failure = ExceptionDispatchInfo.Capture(exception);
            }
        }
        return [.. Enumerable.Repeat<Tensor>(null!, arguments)];
    }

    /// <summary>Ends a pass: frees what is left of it.</summary>
    /// <exception cref="Exception">What a gradient function threw.</exception>
    public void End()
    {
        Free();
        if (Interlocked.Exchange(ref _failure, null) is { } failure) failure.Throw();
    }

    private void Free()
    {
        foreach (Tensor tensor in _given) tensor.Dispose();
        _given = [];
    }
}
