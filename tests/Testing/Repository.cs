namespace MLNetAttn.Testing;

/// <summary>Where things lie: the repository, its fixtures and, where there is one, the shared folder beside it.</summary>
internal static class Repository
{
    /// <summary>The folder of MLNetAttn.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path inside the repository.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>A path inside <c>../shared</c>, or null where that folder is absent.</summary>
    public static string? Shared(params string[] parts)
    {
        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine([Root, "..", "shared", .. parts]));
        return Directory.Exists(path) || File.Exists(path) ? path : null;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "MLNetAttn.sln")))
                return folder.FullName;
        throw new DirectoryNotFoundException($"No MLNetAttn.sln above '{AppContext.BaseDirectory}'.");
    }
}
