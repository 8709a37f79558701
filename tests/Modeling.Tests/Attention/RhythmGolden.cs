using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Reads a case of <c>golden/rhythm/NAME.json</c> and compares with it; null in it means undefined.</summary>
internal static class RhythmGolden
{
    public static LayerSelection Layers(JsonElement test) => LayerSelection.Parse(test.GetProperty("which").GetString()!);

    public static TokenSequence Sequence(JsonElement test)
    {
        int[] ids = test.GetProperty("input_ids").Deserialize<int[]>()!;
        int prompt = test.GetProperty("prompt_length").GetInt32();
        return new TokenSequence(ids[..prompt], ids[prompt..]);
    }

    public static HeadIndex[] Heads(JsonElement test, string name) =>
        [.. test.GetProperty(name).Deserialize<int[][]>()!.Select(h => new HeadIndex(h[0], h[1]))];

    /// <summary>The answer's span, counted in the response.</summary>
    public static Range Answer(JsonElement test)
    {
        int prompt = test.GetProperty("prompt_length").GetInt32();
        int[] answer = test.GetProperty("flow").GetProperty("answer").Deserialize<int[]>()!;
        answer.Should().Equal(Enumerable.Range(answer[0], answer.Length), "an answer is a span");
        return (answer[0] - prompt)..(answer[^1] + 1 - prompt);
    }

    public static double[] Numbers(JsonElement values) => [.. values.Deserialize<double?[]>()!.Select(x => x ?? double.NaN)];

    public static void CloseSpans(HeadSpans found, JsonElement test, double tolerance)
    {
        double[][] expected = test.GetProperty("spans").Deserialize<double[][]>()!;
        found.Spans.Should().HaveCount(expected.Length);
        for (int layer = 0; layer < expected.Length; layer++) Close(found.Spans[layer], expected[layer], tolerance, $"spans of layer {found.Layers[layer]}");
    }

    public static void CloseRelative(IReadOnlyList<double> found, JsonElement values, string name, double tolerance, double floor = 1e-3)
    {
        double[] expected = Numbers(values);
        found.Should().HaveCount(expected.Length, name);
        for (int i = 0; i < found.Count; i++) CloseOne(found[i], expected[i], tolerance * Math.Max(Math.Abs(expected[i]), floor), $"{name}[{i}]");
    }

    public static void Close(float[] found, JsonElement test, string name, double tolerance) => Close(found, test.GetProperty(name), tolerance, name);

    public static void Close(float[] found, JsonElement expected, double tolerance, string name = "") =>
        Close([.. found.Select(x => (double)x)], Numbers(expected), tolerance, name);

    public static void Close(IReadOnlyList<double> found, double[] expected, double tolerance, string name = "")
    {
        found.Should().HaveCount(expected.Length, name);
        for (int i = 0; i < found.Count; i++) CloseOne(found[i], expected[i], tolerance, $"{name}[{i}]");
    }

    private static void CloseOne(double found, double expected, double tolerance, string name)
    {
        if (double.IsNaN(expected)) found.Should().Be(double.NaN, $"{name} is undefined");
        else found.Should().BeApproximately(expected, tolerance, name);
    }
}
