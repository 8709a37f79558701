using PuppeteerSharp;

namespace MLNetAttn.Pipelines;

/// <summary>A headless Chromium for all tests of a class: the one named by MLNETATTN_CHROMIUM, else the first found in PATH. Nothing is ever
/// downloaded.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private IBrowser? _browser;

    private static string? Executable => Environment.GetEnvironmentVariable("MLNETATTN_CHROMIUM") is { Length: > 0 } named ? named
        : (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
           from name in new[] { "chromium", "chromium-browser", "google-chrome" }
           select Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Executable is { } path)
            _browser = await Puppeteer.LaunchAsync(new LaunchOptions
            {
                ExecutablePath = path,
                Args = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
            });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
    }

    /// <summary>Opens a report; skips the running test, with the reason, where there is no browser.</summary>
    internal async Task<ReportTab> OpenAsync(RhythmReport report, int width = 1440, bool dark = false)
    {
        Assert.SkipWhen(_browser is null, "There is no Chromium: install Debian's package 'chromium', or name its executable in MLNETATTN_CHROMIUM.");
        return await ReportTab.OpenAsync(_browser!, report, width, dark);
    }
}
