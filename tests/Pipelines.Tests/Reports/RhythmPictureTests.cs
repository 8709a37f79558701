using MLNetAttn.Modeling;
using SkiaSharp;

namespace MLNetAttn.Pipelines;

public sealed class RhythmPictureTests
{
    private static readonly ReportTrace Trace = ReportSamples.Synthetic(20, 120);

    [Fact]
    public void Curves_are_drawn_in_their_colours_and_text_is_there_without_fonts_of_the_machine()
    {
        using SKBitmap picture = Draw(RhythmPicture.Curves(Trace, new() { Title = "Rhythm ✓" }), "curves");
        (picture.Width, picture.Height).Should().Be((1200, 700));
        foreach (SKColor color in new[] { new SKColor(0, 0x72, 0xb2), new SKColor(0xd5, 0x5e, 0), new SKColor(0, 0x80, 0x5f) })
            Count(picture, color).Should().BeGreaterThan(200);
        using SKBitmap untitled = Draw(RhythmPicture.Curves(Trace));
        Enumerable.Range(0, 1200 * 30).Count(i => picture.GetPixel(i % 1200, i / 1200).Red < 100).Should().BeGreaterThan(100);
        untitled.Bytes.Should().NotEqual(picture.Bytes);
        PictureFont font = new();
        font.CreateTypeface(PictureFont.Name, bold: false, italic: false)!.FamilyName.Should().Be("DejaVu Sans");
        font.CreateTypeface("Arial", bold: false, italic: false).Should().BeNull();
    }

    [Theory]
    [InlineData(700, "peaks alone")]
    [InlineData(2400, "every token")]
    public void Tokens_are_named(int width, string what)
    {
        ReportTrace Renamed(string text) => new() { ResponseTokens = [.. Trace.ResponseTokens.Select(_ => text)], Waad = Trace.Waad, Fai = Trace.Fai };
        PictureOptions options = new() { Width = width };
        using SKBitmap one = Draw(RhythmPicture.Curves(Renamed("a"), options)),
            other = Draw(RhythmPicture.Curves(Renamed("\n\n much longer than a label"), options));
        one.Bytes.Should().NotEqual(other.Bytes, what);
    }

    [Fact]
    public void A_heatmap_has_row_0_on_top_and_its_scale_leaves_out_the_first_token()
    {
        double[][] rows = [.. Enumerable.Range(0, 20).Select(t => Enumerable.Range(0, t + 1)
            .Select(s => s == 0 ? 0.9 : t == 19 && s == 10 ? 0.05 : 0.0)
            .ToArray())];
        using SKBitmap picture = Draw(RhythmPicture.Heatmap(new AttentionMap(rows), promptLength: 5, new() { Width = 800, Height = 700 }), "heat");
        // The largest weight but the first token's has the brightest colour, which is found low in the picture, and in column 0 all along.
        SKColor brightest = new(0xfd, 0xe7, 0x25);
        int[] bright = [.. Enumerable.Range(0, 700 * 700).Where(i => Near(picture.GetPixel(i % 700, i / 700), brightest)).Select(i => i)];
        bright.Should().NotBeEmpty();
        int left = bright.Min(i => i % 700), right = bright.Where(i => i % 700 < 620).Max(i => i % 700);
        (right - left).Should().BeGreaterThan(200);
        bright.Where(i => i % 700 == right).Should().OnlyContain(i => i / 700 > 350);
    }

    [Fact]
    public void The_ladder_and_training_curves_are_drawn()
    {
        using SKBitmap ladder = Draw(RhythmPicture.SpanLadder(Trace.Spans!, Trace.Groups), "ladder"), bare = Draw(RhythmPicture.SpanLadder(Trace.Spans!));
        Count(ladder, new SKColor(0, 0x72, 0xb2)).Should().BePositive();
        Count(ladder, new SKColor(0xd5, 0x5e, 0)).Should().BeGreaterThan(Count(ladder, new SKColor(0, 0x72, 0xb2)));
        Count(bare, new SKColor(0xd5, 0x5e, 0)).Should().Be(0);
        using SKBitmap training = Draw(
            RhythmPicture.Training(
            [
                new("reward", "GRPO", [1, 2, 3, 4], [0.3, 0.35, double.NaN, 0.4]),
                new("reward", "coupled", [1, 2, 3, 4], [0.3, 0.4, 0.5, 0.55]),
                new("length", "coupled", [1, 2], [90, 80]),
            ]),
            "training");
        Count(training, new SKColor(0xd5, 0x5e, 0)).Should().BeGreaterThan(100);
        using SKBitmap estimates = Draw(
            RhythmPicture.Estimates(
                [("coupled", new(1, new(-1, 3))), ("of one seed", new(2, new(double.NegativeInfinity, double.PositiveInfinity)))],
                "points"),
            "estimates");
        using SKBitmap narrow = Draw(
            RhythmPicture.Estimates(
                [("coupled", new(1, new(0.9, 1.1))), ("of one seed", new(2, new(double.NegativeInfinity, double.PositiveInfinity)))],
                "points"));
        Count(estimates, new SKColor(0, 0x72, 0xb2)).Should().BeGreaterThan(Count(narrow, new SKColor(0, 0x72, 0xb2)), "a wider interval is a longer line");
    }

    [Fact]
    public void A_training_curve_that_never_changes_has_an_axis_around_it()
    {
        using SKBitmap small = Draw(Rate(2e-9), "constant"), other = Draw(Rate(5e-9)), zero = Draw(Rate(0));
        small.Bytes.Should().NotEqual(other.Bytes, "its ticks are its own").And.NotEqual(zero.Bytes);

        static RhythmPicture Rate(double value) => RhythmPicture.Training([new("learning_rate", "run", [1, 2, 3], [value, value, value])]);
    }

    [Fact]
    public void What_cannot_be_drawn_is_named()
    {
        FluentActions.Invoking(() => RhythmPicture.Curves(new() { ResponseTokens = ["a"] }))
            .Should().Throw<ArgumentException>().WithMessage("*neither WAAD nor FAI nor entropies*");
        FluentActions.Invoking(() => RhythmPicture.Training([])).Should().Throw<ArgumentException>().WithMessage("There is no curve*");
        FluentActions.Invoking(() => RhythmPicture.Estimates([], "points")).Should().Throw<ArgumentException>().WithMessage("There is no estimate*");
        FluentActions.Invoking(() => RhythmPicture.Curves(Trace, new() { Width = 3, Height = 99_999 }))
            .Should().Throw<ArgumentException>().WithMessage("PictureOptions: Width is 3*Height is 99999*");
    }

    private static SKBitmap Draw(RhythmPicture picture, string? name = null)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("picture.png");
        picture.SavePng(path);
        if (name is not null && Environment.GetEnvironmentVariable("MLNETATTN_SCREENSHOTS") is { Length: > 0 } kept)
            File.Copy(path, Path.Combine(Directory.CreateDirectory(kept).FullName, $"picture-{name}.png"), overwrite: true);
        return SKBitmap.Decode(path);
    }

    private static int Count(SKBitmap picture, SKColor color) => picture.Pixels.Count(pixel => Near(pixel, color));

    private static bool Near(SKColor a, SKColor b) => Math.Abs(a.Red - b.Red) + Math.Abs(a.Green - b.Green) + Math.Abs(a.Blue - b.Blue) < 24;
}
