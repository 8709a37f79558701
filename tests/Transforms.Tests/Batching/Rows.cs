using Microsoft.ML;

namespace MLNetAttn.Transforms.Tests;

/// <summary>A row of the data that the batching tests run on.</summary>
internal sealed class TextRow
{
    public int Id { get; set; }

    public string Text { get; set; } = "";

    public float Even { get; set; }

    public float Number { get; set; }

    public string Label { get; set; } = "";

    public float[] Numbers { get; set; } = [];
}

/// <summary>What <see cref="LetterCounter"/> makes of a row.</summary>
internal sealed class CountedRow
{
    public int Id { get; set; }

    public string Text { get; set; } = "";

    public float[] Numbers { get; set; } = [];

    public float[] Letters { get; set; } = [];
}

/// <summary>Data and helpers of the batching tests.</summary>
internal static class Rows
{
    public static TextRow[] Make(int count = 100) => [.. Enumerable.Range(0, count).Select(i => new TextRow
    {
        Id = i,
        Text = $"row {i} {new string((char)('a' + i % 26), 1 + i % 7)}",
        Even = i % 2 == 0 ? 1 : 0,
        Number = i,
        Label = i % 2 == 0 ? "even" : "odd",
        Numbers = [.. Enumerable.Range(0, i % 5).Select(n => (float)(n * i))],
    })];

    public static IDataView View(this MLContext ml, int count = 100) => ml.Data.LoadFromEnumerable(Make(count));

    public static CountedRow[] Counted(this MLContext ml, IDataView view) => [.. ml.Data.CreateEnumerable<CountedRow>(view, reuseRowObject: false)];

    /// <summary>What <see cref="LetterCounter"/> should make of a text, computed apart from it.</summary>
    public static float[] Expected(string text) => [text.Length, text.Sum(letter => (float)letter)];
}
