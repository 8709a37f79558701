using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MLNetAttn.Pipelines;

/// <summary>How results are written: as a table for people, as JSON for programs.</summary>
internal static class ResultText
{
    private const string Undefined = "undefined", Unbounded = "unbounded";

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>JSON with names in snake_case; an undefined number is <c>"NaN"</c>, an end that an interval does not have <c>"Infinity"</c>.</summary>
    public static string Json<T>(T result) => JsonSerializer.Serialize(result, Format);

    /// <summary>Columns of text, the first one aligned left, the others right, below their names.</summary>
    /// <param name="rows">The names, then the rows.</param>
    public static string Table(params IReadOnlyList<string>[] rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => row[column].Length))];
        var text = new StringBuilder();
        foreach (IReadOnlyList<string> row in rows)
            text.AppendJoin("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))).Append('\n');
        return text.ToString();
    }

    public static string Table(ReportTable table) => Table([table.Columns, .. table.Rows]);

    public static string Number(double value) => double.IsNaN(value) ? Undefined : value.ToString("0.0000", CultureInfo.InvariantCulture);

    public static string Percent(double value) => double.IsNaN(value) ? Undefined : (100 * value).ToString("0.00", CultureInfo.InvariantCulture) + " %";

    public static string SignedPercent(double value) =>
        double.IsNaN(value) ? Undefined : (100 * value).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) + " %";

    public static string Numbers(ConfidenceInterval interval) => Interval(interval, Number);

    public static string Percents(ConfidenceInterval interval) => Interval(interval, Percent);

    public static string SignedPercents(ConfidenceInterval interval) => Interval(interval, SignedPercent);

    public static string Probability(double value) =>
        double.IsNaN(value) ? Undefined : value < 0.0001 ? "< 0.0001" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Interval(ConfidenceInterval interval, Func<double, string> end) =>
        interval == ConfidenceInterval.Unbounded ? Unbounded
        : double.IsNaN(interval.Lower) ? Undefined
        : $"{end(interval.Lower)} … {end(interval.Upper)}";
}
