namespace MLNetAttn.Testing;

/// <summary>The real model that development tests run with: the folder named by MLNETATTN_SMOLLM2, else where <c>../shared/models/prepare</c> puts it. Nothing
/// is ever downloaded.</summary>
internal static class RealModel
{
    /// <summary>Skips the running test, with the reason, if SmolLM2-135M-Instruct is absent; else its folder.</summary>
    public static string Require()
    {
        string? named = Environment.GetEnvironmentVariable("MLNETATTN_SMOLLM2"), cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (string.IsNullOrEmpty(cache)) cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string folder = string.IsNullOrEmpty(named) ? Path.Combine(cache, "mlnetattn", "smollm2-135m-instruct") : named;
        Assert.SkipUnless(
            File.Exists(Path.Combine(folder, "model.safetensors")),
            $"SmolLM2-135M-Instruct is not in '{folder}': run ../shared/models/prepare, or name its folder in MLNETATTN_SMOLLM2.");
        return folder;
    }
}
