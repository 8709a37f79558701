using PuppeteerSharp;

namespace MLNetAttn.Pipelines;

/// <summary>A report in a browser's tab, which remembers all that goes wrong in it.</summary>
internal sealed class ReportTab : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _problems = [];

    private ReportTab(IPage page) => Page = page;

    public IPage Page { get; }

    /// <summary>Errors, warnings, dialogs, and requests for anything but the file.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Where the report lies, and what is downloaded.</summary>
    public string Folder => _folder.Path;

    public static async Task<ReportTab> OpenAsync(IBrowser browser, RhythmReport report, int width, bool dark)
    {
        var tab = new ReportTab(await browser.NewPageAsync());
        string path = tab._folder.File("report.html"), url = new Uri(path).AbsoluteUri;
        report.Save(path);
        tab.Page.Console += (_, e) => { if (e.Message.Type is ConsoleType.Error or ConsoleType.Warning) tab._problems.Add($"console: {e.Message.Text}"); };
        tab.Page.PageError += (_, e) => tab._problems.Add($"error: {e.Message}");
        tab.Page.Dialog += async (_, e) => { tab._problems.Add($"dialog: {e.Dialog.Message}"); await e.Dialog.Dismiss(); };
        tab.Page.Request += (_, e) =>
        {
            if (e.Request.Url != url && !e.Request.Url.StartsWith("blob:", StringComparison.Ordinal))
                tab._problems.Add($"request: {e.Request.Url}");
        };
        await tab.Page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 1000 });
        await tab.Page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = dark ? "dark" : "light" }]);
        await tab.Page.GoToAsync(url);
        await tab.SettleAsync();
        return tab;
    }

    /// <summary>Waits until what was done is drawn.</summary>
    public Task SettleAsync() => Page.EvaluateExpressionAsync(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done))))");

    public Task<T> EvaluateAsync<T>(string expression) => Page.EvaluateExpressionAsync<T>(expression);

    /// <summary>The text of an element.</summary>
    public Task<string> TextAsync(string selector) => Page.EvaluateFunctionAsync<string>("selector => document.querySelector(selector).textContent", selector);

    /// <summary>How many elements there are.</summary>
    public Task<int> CountAsync(string selector) => Page.EvaluateFunctionAsync<int>("selector => document.querySelectorAll(selector).length", selector);

    public async Task ClickAsync(string selector)
    {
        await Page.ClickAsync(selector);
        await SettleAsync();
    }

    public async Task HoverAsync(string selector)
    {
        await Page.HoverAsync(selector);
        await SettleAsync();
    }

    public async Task PressAsync(params string[] keys)
    {
        foreach (string key in keys)
        {
            await Page.Keyboard.PressAsync(key);
            await SettleAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Page.CloseAsync();
        _folder.Dispose();
    }
}
