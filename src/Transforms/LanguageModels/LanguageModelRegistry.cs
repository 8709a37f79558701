namespace MLNetAttn.Transforms;

/// <summary>Finds language models of this process by their fingerprints; keeps none of them alive.</summary>
internal static class LanguageModelRegistry
{
    private static readonly Lock Guard = new();
    private static readonly Dictionary<string, WeakReference<LanguageModelHandle>> Known = new(StringComparer.Ordinal);

    /// <summary>Lets a model be found. Of several of one fingerprint, which compute the same, the last one published is.</summary>
    public static void Publish(string fingerprint, LanguageModelHandle handle)
    {
        lock (Guard)
        {
            foreach (string dead in Known.Where(pair => !pair.Value.TryGetTarget(out _)).Select(pair => pair.Key).ToArray()) Known.Remove(dead);
            Known[fingerprint] = new WeakReference<LanguageModelHandle>(handle);
        }
    }

    /// <summary>A hold on a model that lives; null if there is none of this fingerprint.</summary>
    public static LanguageModelHandle? Find(string fingerprint)
    {
        lock (Guard)
            return Known.TryGetValue(fingerprint, out WeakReference<LanguageModelHandle>? reference)
                && reference.TryGetTarget(out LanguageModelHandle? handle)
                ? handle.TryShare()
                : null;
    }
}
