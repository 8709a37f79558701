namespace MLNetAttn.Pipelines;

/// <summary>What a reader does with a report who works with keys, hears it, or sees colours badly, in a real browser.</summary>
public sealed class ReportAccessibilityTests(BrowserFixture browser) : IClassFixture<BrowserFixture>
{
    [Fact]
    public async Task A_token_that_keys_go_to_is_said_and_one_that_the_pointer_passes_is_not()
    {
        await using ReportTab tab = await browser.OpenAsync(ReportSamples.Two);
        (await tab.EvaluateAsync<string>("document.querySelector('#said').ariaLive")).Should().Be("polite");
        (await tab.CountAsync(".tokens[role='group'][aria-label]")).Should().Be(2);
        await tab.HoverAsync(".panel:nth-child(1) .token[data-at='80']");
        (await tab.TextAsync("#said")).Should().BeEmpty();
        await tab.Page.FocusAsync(".panel:nth-child(1) .tokens");
        await tab.PressAsync("Enter");
        (await tab.TextAsync("#said")).Should().MatchRegex("^“.+”, response 50; .*WAAD [0-9.]+ tokens; FAI [0-9.e-]+; .*Credit γ 1");
        await tab.PressAsync("ArrowRight");
        (await tab.TextAsync("#said")).Should().Contain(", response 51; ");
        await tab.ClickAsync(".panel:nth-child(1) .token[data-at='5']");
        (await tab.TextAsync("#said")).Should().EndWith("”, prompt 5");
        await tab.PressAsync("Escape");
        (await tab.TextAsync("#said")).Should().BeEmpty();
        tab.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task The_focus_stays_where_it_was_when_what_it_is_in_is_drawn_anew()
    {
        await using ReportTab tab = await browser.OpenAsync(ReportSamples.Two);
        await tab.ClickAsync(".panel:nth-child(1) .token[data-at='80']");
        await Choose(".looks.out li:nth-child(2) button", "out 1");
        await tab.PressAsync("Enter");
        (await Focused()).Should().Be("out 1");
        await Choose("#unpin", "unpin");
        await tab.PressAsync("Enter");
        (await Focused()).Should().Be("tokens 0", "there is nothing to unpin any more");
        await Choose("#metrics [data-key='fai']", "fai");
        await tab.PressAsync("ArrowLeft");
        (await Focused()).Should().Be("waad");
        (await tab.CountAsync("#metrics [data-key='waad'][aria-checked='true']")).Should().Be(1);
        await Choose("#maps button[tabindex='0']", "Local heads, mean");
        await tab.PressAsync("ArrowRight");
        (await Focused()).Should().Be("Global heads, mean");
        await Choose(".panel:nth-child(2) .tokens", "tokens 1");
        await tab.PressAsync(".");
        (await Focused()).Should().Be("tokens 0", "the other response stands alone");
        tab.Problems.Should().BeEmpty();

        Task<string> Focused() => tab.EvaluateAsync<string>("document.activeElement.dataset.key ?? document.activeElement.tagName");

        async Task Choose(string selector, string key)
        {
            await tab.Page.FocusAsync(selector);
            (await Focused()).Should().Be(key);
        }
    }

    [Fact]
    public async Task A_head_that_was_chosen_keeps_the_focus()
    {
        await using ReportTab tab = await browser.OpenAsync(ReportSamples.Demo());
        await tab.Page.FocusAsync(".head.stored");
        string key = await tab.EvaluateAsync<string>("document.activeElement.dataset.key");
        key.Should().StartWith("head ");
        await tab.PressAsync("Enter");
        (await tab.CountAsync(".head.chosen")).Should().Be(1);
        (await tab.EvaluateAsync<string>("document.activeElement.dataset.key")).Should().Be(key);
        tab.Problems.Should().BeEmpty();
    }

    [Fact]
    public async Task Keys_of_one_character_can_be_kept_to_the_text_and_the_pictures()
    {
        await using ReportTab tab = await browser.OpenAsync(ReportSamples.Two);
        await tab.PressAsync("?");
        await tab.ClickAsync("#keys-anywhere");
        await tab.PressAsync("Escape", "1");
        (await Metric()).Should().Be("fai");
        await tab.PressAsync("ArrowRight");
        (await tab.CountAsync(".token.current")).Should().Be(1, "an arrow is no character");
        await tab.Page.FocusAsync(".panel:nth-child(1) .tokens");
        await tab.PressAsync("1");
        (await Metric()).Should().Be("waad");
        await tab.Page.FocusAsync("#heat");
        await tab.PressAsync("4");
        (await Metric()).Should().NotBe("waad");
        await tab.Page.FocusAsync("#theme");
        await tab.PressAsync("?");
        (await tab.EvaluateAsync<bool>("document.querySelector('#help').open")).Should().BeFalse();
        tab.Problems.Should().BeEmpty();

        Task<string> Metric() => tab.EvaluateAsync<string>("document.querySelector('#metrics [aria-checked=true]').dataset.key");
    }

    [Fact]
    public async Task Names_in_the_curves_are_in_the_colour_of_text()
    {
        await using ReportTab tab = await browser.OpenAsync(new RhythmReport().Add(ReportSamples.Synthetic(5, 40)));
        // What is written while the curves are drawn again, in which colours.
        string[] colours = await tab.EvaluateAsync<string[]>("""
            (async () => {
              const colours = new Set(), pen = CanvasRenderingContext2D.prototype, own = pen.fillText;
              pen.fillText = function (text, ...rest) { if (/\w\w/.test(text)) colours.add(this.fillStyle); own.call(this, text, ...rest); };
              document.querySelector("#zoom-in").click();
              await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
              pen.fillText = own;
              return [...colours];
            })()
            """);
        colours.Should().BeEquivalentTo("#16191d", "#5b636e");
        tab.Problems.Should().BeEmpty();
    }
}
