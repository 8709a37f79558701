using System.Reflection;
using ScottPlot;
using SkiaSharp;

namespace MLNetAttn.Pipelines;

/// <summary>The font of pictures, which comes along: where a machine has no fonts, text would silently be missing.</summary>
internal sealed class PictureFont : IFontResolver
{
    /// <summary>A name that no font of the machine has.</summary>
    public const string Name = "MLNetAttn DejaVu Sans";

    private static readonly Lazy<SKTypeface> Typeface = new(() =>
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Reports/DejaVuSans.ttf")
            ?? throw new InvalidOperationException("The assembly has no 'DejaVuSans.ttf'.");
        return SKTypeface.FromStream(stream);
    });

    private static readonly Lazy<bool> Registration = new(() =>
    {
        Fonts.FontResolvers.Add(new PictureFont());
        return true;
    });

    /// <summary>Makes the font known to ScottPlot; other fonts stay as they are.</summary>
    public static void Register() => _ = Registration.Value;

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => fontName == Name ? Typeface.Value : null;

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? Typeface.Value : null;
}
