namespace MLNetAttn.Estimators.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mlnetattn").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
