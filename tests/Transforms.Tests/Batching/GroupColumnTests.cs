using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms.Tests;

public sealed class GroupColumnTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData("Text", new[] { "b", "a", "b" })]
    [InlineData("Small", new[] { "-7", "8", "-7" })]
    [InlineData("Large", new[] { "9000000000", "1", "9000000000" })]
    [InlineData("TextKey", new[] { "b", "a", "b" })]
    [InlineData("NumberKey", new[] { "-7", "8", "-7" })]
    [InlineData("LargeKey", new[] { "9000000000", "1", "9000000000" })]
    [InlineData("SingleKey", new[] { "0", "0.5", "0" })]
    [InlineData("HashKey", null)]
    public void Text_numbers_and_keys_name_groups(string column, string[]? expected)
    {
        string[] found = Read(Data(), column);
        if (expected is not null) found.Should().Equal(expected);
        found[0].Should().Be(found[2]).And.NotBe(found[1]);
    }

    [Fact]
    public void A_missing_key_is_an_error_that_names_the_row()
    {
        IDataView unseen = _ml.Transforms.Conversion.MapValueToKey("Key", "Text")
            .Fit(_ml.Data.LoadFromEnumerable([new Row { Text = "b" }]))
            .Transform(_ml.Data.LoadFromEnumerable(Rows));
        FluentActions.Invoking(() => Read(unseen, "Key")).Should().Throw<InvalidOperationException>().WithMessage("Row 1: column 'Key' is a missing key*");
    }

    [Fact]
    public void Empty_text_is_no_group() =>
        FluentActions.Invoking(() => Read(_ml.Data.LoadFromEnumerable([new Row { Text = "a" }, new Row()]), "Text"))
            .Should().Throw<InvalidOperationException>().WithMessage("Row 1: column 'Text' is empty text, expected the group*");

    [Theory]
    [InlineData("Vector", "*'Vector': expected String or Int32 or Int64 or a key of UInt32, got Vector<Single*")]
    [InlineData("Single", "*'Single': expected*got Single*")]
    [InlineData("Unsigned", "*'Unsigned': expected*got UInt32*")]
    [InlineData("None", "*'None'*Text, Small, Large, Single, Unsigned*")]
    public void Other_columns_are_refused_with_data_and_with_shapes_alike(string column, string message)
    {
        IDataView data = Data();
        var host = (IHostEnvironment)_ml;
        FluentActions.Invoking(() => GroupColumn.Input(column).Find(host, data.Schema))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage(message);
        FluentActions.Invoking(() => GroupColumn.Input(column).Find(host, MLNetInternals.CreateShape(data.Schema)))
            .Should().Throw<ArgumentOutOfRangeException>();
        foreach (string good in (string[])["Text", "Small", "Large", "TextKey", "NumberKey", "HashKey"])
            GroupColumn.Input(good).Find(host, MLNetInternals.CreateShape(data.Schema)).Name.Should().Be(good);
    }

    [Fact]
    public void Where_GenerateText_numbered_the_prompts_the_error_asks_for_its_column()
    {
        IDataView numbered = _ml.Data.LoadFromEnumerable([new { PromptIndex = 0L }]), other = _ml.Data.LoadFromEnumerable([new { Number = 0L }]);
        FluentActions.Invoking(() => GroupColumn.Input("Group").Find((IHostEnvironment)_ml, numbered.Schema))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Group'*The data has: PromptIndex. Set GroupColumnName to 'PromptIndex'?*");
        FluentActions.Invoking(() => GroupColumn.Input("Group").Find((IHostEnvironment)_ml, other.Schema))
            .Should().Throw<ArgumentOutOfRangeException>().Which.Message.Should().NotContain("GroupColumnName");
    }

    private static readonly Row[] Rows =
    [
        new() { Text = "b", Small = -7, Large = 9_000_000_000 },
        new() { Text = "a", Small = 8, Large = 1, Single = 0.5f },
        new() { Text = "b", Small = -7, Large = 9_000_000_000 },
    ];

    private IDataView Data()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(Rows);
        return _ml.Transforms.Conversion.MapValueToKey("TextKey", "Text")
            .Append(_ml.Transforms.Conversion.MapValueToKey("NumberKey", "Small"))
            .Append(_ml.Transforms.Conversion.MapValueToKey("LargeKey", "Large"))
            .Append(_ml.Transforms.Conversion.MapValueToKey("SingleKey", "Single"))
            .Append(_ml.Transforms.Conversion.Hash("HashKey", "Text"))
            .Append(_ml.Transforms.Concatenate("Vector", "Single"))
            .Fit(rows)
            .Transform(rows);
    }

    private string[] Read(IDataView data, string name)
    {
        DataViewSchema.Column column = GroupColumn.Input(name).Find((IHostEnvironment)_ml, data.Schema);
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        Func<string> read = GroupColumn.Open(cursor, column);
        var found = new List<string>();
        while (cursor.MoveNext()) found.Add(read());
        return [.. found];
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public int Small { get; set; }

        public long Large { get; set; }

        public float Single { get; set; }

        public uint Unsigned { get; set; }
    }
}
