using System.Globalization;
using System.Net;
using System.Text;

namespace MLNetAttn.QuickStart;

/// <summary>A response as an SVG: its tokens below two curves, WAAD and FAI.</summary>
internal static class RhythmPicture
{
    private const int Left = 60, Step = 26, CurveHeight = 90, Gap = 34, Top = 40, LabelHeight = 70;
    private const string Preplan = "#4aa8e0", Anchor = "#f0a030", Both = "#9a7fe0", Ink = "#333", Quiet = "#888";

    public static string Draw(ResponseRhythm response)
    {
        int width = Left + Step * response.Tokens.Length + 20, labels = Top + 2 * CurveHeight + Gap + 16, height = labels + LabelHeight;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n");
        Text(svg, Left, 20, $"{response.Prompt}", Ink);
        for (int i = 0; i < response.Tokens.Length; i++)
            if (Color(response, i) is { } color)
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<rect x=\"{X(i) - Step / 2 + 1}\" y=\"{Top - 6}\" width=\"{Step - 2}\" height=\"{height - Top}\" rx=\"3\" fill=\"{color}\" fill-opacity=\"0.28\"/>\n");
        Curve(svg, response.Waad, Top, "WAAD", "tokens");
        Curve(svg, response.Fai, Top + CurveHeight + Gap, "FAI", "");
        for (int i = 0; i < response.Tokens.Length; i++)
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{X(i) + 4}\" y=\"{labels + 8}\" transform=\"rotate(-90 {X(i) + 4} {labels + 8})\" text-anchor=\"end\" fill=\"{Ink}\">{WebUtility.HtmlEncode(response.Tokens[i].Trim())}</text>\n");
        Legend(svg, width - 330, Preplan, "preplan");
        Legend(svg, width - 230, Anchor, "anchor");
        Legend(svg, width - 140, Both, "both");
        return svg.Append("</svg>\n").ToString();
    }

    private static int X(int token) => Left + Step * token + Step / 2;

    private static string? Color(ResponseRhythm response, int token) => (response.LocalCredit[token] > 1, response.GlobalCredit[token] > 1) switch
    {
        (true, true) => Both,
        (true, false) => Preplan,
        (false, true) => Anchor,
        _ => null,
    };

    private static void Curve(StringBuilder svg, float[] values, int top, string name, string unit)
    {
        float largest = values.Where(float.IsFinite).DefaultIfEmpty(1).Max();
        string points = string.Join(' ', values.Select((value, i) => (value, i)).Where(point => float.IsFinite(point.value))
            .Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.i)},{top + CurveHeight - CurveHeight * point.value / largest:F1}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{Ink}\" stroke-width=\"1.6\"/>\n");
        Text(svg, 8, top + 12, name, Ink);
        Text(svg, 8, top + 28, string.Create(CultureInfo.InvariantCulture, $"≤ {largest:G2}"), Quiet);
        Text(svg, 8, top + 42, unit, Quiet);
    }

    private static void Legend(StringBuilder svg, int x, string color, string name)
    {
        svg.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x}\" y=\"9\" width=\"14\" height=\"14\" rx=\"3\" fill=\"{color}\" fill-opacity=\"0.6\"/>\n");
        Text(svg, x + 20, 20, name, Ink);
    }

    private static void Text(StringBuilder svg, int x, int y, string text, string color) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x}\" y=\"{y}\" fill=\"{color}\">{WebUtility.HtmlEncode(text)}</text>\n");
}
