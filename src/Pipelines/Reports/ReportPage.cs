using System.IO.Compression;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace MLNetAttn.Pipelines;

/// <summary>Puts a report's data, styles and script into the page. Data stands in elements that browsers do not run; the policy lets one script run, the page's
/// own, by its hash.</summary>
internal static class ReportPage
{
    // One script, made of parts in this order; a part uses what those before it define.
    private static readonly string[] ScriptParts =
    [
        "data", "state", "drawing", "text", "curves", "inspector", "heatmap", "heads", "tables", "training", "page",
    ];

    // Readable text stays readable; what HTML could take for markup is escaped whatever the ranges.
    private static readonly JsonWriterOptions Json = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    public static void Write(RhythmReport report, Stream stream)
    {
        string style = Read("report.css"), script = $"(() => {{\n\"use strict\";\n{string.Concat(ScriptParts.Select(part => Read($"{part}.js")))}}})();\n";
        using var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        string[] pieces = Read("report.html").Split("{{", StringSplitOptions.None);
        writer.Write(pieces[0]);
        foreach (string piece in pieces.Skip(1))
        {
            int end = piece.IndexOf("}}", StringComparison.Ordinal);
            switch (piece[..end])
            {
                case "title": writer.Write(WebUtility.HtmlEncode(report.Title)); break;
                case "policy":
                    writer.Write(
                        $"default-src 'none'; script-src '{Hash(script)}'; style-src '{Hash(style)}'; base-uri 'none'; form-action 'none'");
                    break;
                case "style": writer.Write(style); break;
                case "script": writer.Write(script); break;
                case "data": WriteData(report, writer); break;
                default: throw new InvalidOperationException($"The page asks for '{piece[..end]}', which a report does not have.");
            }
            writer.Write(piece[(end + 2)..]);
        }
    }

    private static void WriteData(RhythmReport report, StreamWriter writer)
    {
        WriteJson(writer, "report", json => ReportJson.Report(json, report));
        for (int trace = 0; trace < report.Traces.Count; trace++)
        {
            WriteJson(writer, $"trace-{trace}", json => ReportJson.Trace(json, report.Traces[trace]));
            for (int map = 0; map < report.Traces[trace].Maps.Count; map++)
                writer.Write(
                    $"<script type=\"text/plain\" id=\"map-{trace}-{map}\">{Convert.ToBase64String(Deflate(report.Traces[trace].Maps[map].Codes))}</script>\n");
        }
    }

    private static void WriteJson(StreamWriter writer, string id, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Json)) write(json);
        writer.Write($"<script type=\"application/json\" id=\"{id}\">");
        writer.Write(Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
        writer.Write("</script>\n");
    }

    private static byte[] Deflate(byte[] codes)
    {
        using var buffer = new MemoryStream();
        using (var deflate = new DeflateStream(buffer, CompressionLevel.SmallestSize, leaveOpen: true)) deflate.Write(codes);
        return buffer.ToArray();
    }

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Read(string file)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Reports/{file}")
            ?? throw new InvalidOperationException($"The assembly has no '{file}'.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
