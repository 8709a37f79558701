using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>A transformer's hold on a language model that others may hold too. A model that was handed over is disposed with its last handle; a model of the
/// user's never is.</summary>
internal sealed class LanguageModelHandle : IDisposable
{
    private readonly Holders _holders;
    private int _disposed;

    private LanguageModelHandle(Holders holders) => _holders = holders;

    /// <summary>The model.</summary>
    /// <exception cref="ObjectDisposedException">This handle, or the model, is disposed.</exception>
    public CausalLanguageModel Model => _disposed == 0 && !_holders.Model.IsDisposed
        ? _holders.Model
        : throw new ObjectDisposedException(
            nameof(CausalLanguageModel),
            "The language model, or the transformer that uses it, was disposed. Keep both until the views that the transformer made are no longer used.");

    /// <summary>A hold on a model that stays its creator's.</summary>
    public static LanguageModelHandle Borrow(CausalLanguageModel model) => new(new Holders(model, owned: false));

    /// <summary>The first hold on a model that is handed over.</summary>
    public static LanguageModelHandle Own(CausalLanguageModel model) => new(new Holders(model, owned: true));

    /// <summary>The model's fingerprint; from now on the model can be found by it, as long as it lives.</summary>
    public string PublishFingerprint()
    {
        string fingerprint = Model.Fingerprint;
        LanguageModelRegistry.Publish(fingerprint, this);
        return fingerprint;
    }

    /// <summary>Another hold on the same model; null if it is disposed.</summary>
    public LanguageModelHandle? TryShare() => !_holders.Model.IsDisposed && _holders.TryAdd() ? new LanguageModelHandle(_holders) : null;

    /// <inheritdoc cref="TryShare"/>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public LanguageModelHandle Share()
    {
        _ = Model;
        return TryShare() ?? throw new ObjectDisposedException(nameof(CausalLanguageModel));
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _holders.Remove();
    }

    /// <summary>How many handles hold a model.</summary>
    private sealed class Holders(CausalLanguageModel model, bool owned)
    {
        private readonly Lock _lock = new();
        private int _count = 1;

        public CausalLanguageModel Model => model;

        public bool TryAdd()
        {
            lock (_lock)
            {
                if (_count == 0) return false;
                _count++;
                return true;
            }
        }

        public void Remove()
        {
            lock (_lock)
                if (--_count == 0 && owned) model.Dispose();
        }
    }
}
