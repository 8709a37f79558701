using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

/// <summary>Golden files that are lists of cases, and their nested lists as tensors.</summary>
internal static class GoldenCases
{
    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>"file/id" of every case of every JSON file of a folder.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names(string folder)
    {
        string? path = Golden.Root is null ? null : Path.Combine(Golden.Root, folder);
        string[] names = path is null || !Directory.Exists(path)
            ? []
            : [.. Directory.GetFiles(path, "*.json")
                .Order(StringComparer.Ordinal)
                .SelectMany(file => Golden.Json(folder, Path.GetFileName(file)).GetProperty("cases").EnumerateArray()
                    .Select(entry => $"{Path.GetFileNameWithoutExtension(file)}/{entry.GetProperty("id").GetString()}"))];
        return (names.Length > 0 ? names : [Golden.Absent]).Select(name => new TheoryDataRow<string>(name));
    }

    public static JsonElement Find(string folder, string name)
    {
        string[] parts = name.Split('/', 2);
        return Golden.Json(folder, parts[0] + ".json").GetProperty("cases").EnumerateArray().Single(entry => entry.GetProperty("id").GetString() == parts[1]);
    }

    public static T Value<T>(this JsonElement element, string name) => element.GetProperty(name).Deserialize<T>(Json)!;

    public static T? Optional<T>(this JsonElement element, string name) where T : struct =>
        element.TryGetProperty(name, out JsonElement found) && found.ValueKind != JsonValueKind.Null ? found.Deserialize<T>(Json) : null;

    /// <summary>[B] or [B][T] as a double tensor; null where the golden has null.</summary>
    public static Tensor? Tensor(this JsonElement element, string name)
    {
        JsonElement values = element.GetProperty(name);
        if (values.ValueKind == JsonValueKind.Null) return null;
        if (values.GetArrayLength() == 0 || values[0].ValueKind != JsonValueKind.Array) return tensor(values.Deserialize<double[]>(Json)!);
        double[][] rows = values.Deserialize<double[][]>(Json)!;
        return tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length]);
    }

    /// <summary>Asserts metric by metric, NaN where NaN is expected.</summary>
    public static void ShouldHave(this IReadOnlyDictionary<string, double> found, JsonElement expected, double tolerance)
    {
        foreach (JsonProperty metric in expected.EnumerateObject())
        {
            double want = metric.Value.Deserialize<double>(Json);
            found.Should().ContainKey(metric.Name);
            if (double.IsNaN(want)) found[metric.Name].Should().Be(double.NaN, metric.Name);
            else found[metric.Name].Should().BeApproximately(want, tolerance * Math.Max(1, Math.Abs(want)), metric.Name);
        }
    }

    /// <summary>Asserts |found − expected| ≤ tolerance · max(1, |expected|) everywhere.</summary>
    public static void ShouldBe(this Tensor found, Tensor expected, double tolerance, string what)
    {
        found.shape.Should().Equal(expected.shape, what);
        Tensor wide = expected.to(ScalarType.Float64), difference = (found.to(ScalarType.Float64) - wide).abs() / wide.abs().clamp(min: 1);
        difference.isnan().any().ToBoolean().Should().BeFalse($"{what} must be numbers");
        if (difference.numel() > 0) difference.max().ToDouble().Should().BeLessThanOrEqualTo(tolerance, what);
    }
}
