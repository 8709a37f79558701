using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using MLNetAttn.Transforms;

namespace MLNetAttn.Estimators.Tests;

public class RolloutViewTests
{
    private static readonly int[] Rows = [2, 2, 0, 0];

    [Fact]
    public void Columns_of_every_kind_stand_beside_the_responses_with_their_annotations()
    {
        RolloutView view = View();
        view.GetRowCount().Should().Be(4);
        view.GetColumn<string>("Text").Should().Equal("c", "c", "a", "a");
        view.GetColumn<float>("Number").Should().Equal(2, 2, 0, 0);
        view.GetColumn<double[]>("Vector").Select(vector => vector.Length).Should().Equal(3, 3, 1, 1);
        view.GetColumn<string[]>("Texts").Select(texts => string.Join(' ', texts)).Should().Equal("c cc", "c cc", "a aa", "a aa");
        view.GetColumn<string>("Response").Should().Equal("r0", "r1", "r2", "r3");
        view.GetColumn<int[]>("ResponseTokenIds").Select(ids => ids.Length).Should().Equal(0, 1, 2, 3);
        view.GetColumn<string>("FinishReason").Should().Equal("StopToken", "StopToken", "Length", "Length");
        LanguageModelAnnotation.TokenIdsColumnName(view.Schema["Response"]).Should().Be("ResponseTokenIds");
        VBuffer<ReadOnlyMemory<char>> names = default;
        view.Schema["Key"].GetKeyValues(ref names);
        names.DenseValues().Select(name => name.ToString()).Should().Equal("a", "b", "c");
    }

    [Fact]
    public void Transforms_of_MLNET_run_on_it() =>
        new MLContext().Transforms.Concatenate("Both", "Number", "Number").Fit(View()).Transform(View()).GetColumn<float[]>("Both").Should().HaveCount(4);

    [Fact]
    public void A_response_is_named_by_its_prompts_row_and_its_place_among_the_answers() => View().Describe(3).Should().Be("response 1 to the prompt of row 0");

    [Fact]
    public void Some_of_the_responses_keep_their_names_and_ids()
    {
        RolloutView some = View().Only([3, 1]);
        using DataViewRowCursor cursor = some.GetRowCursor([]);
        ValueGetter<DataViewRowId> readId = cursor.GetIdGetter();
        var ids = new List<ulong>();
        for (DataViewRowId id = default; cursor.MoveNext(); ids.Add(id.Low)) readId(ref id);
        ids.Should().Equal([3, 1], "a model that judges draws the same numbers for a response again");
        some.GetColumn<string>("Response").Should().Equal("r3", "r1");
        some.GetColumn<string>("Text").Should().Equal("a", "c");
        (some.Describe(0), some.Describe(1)).Should().Be(("response 1 to the prompt of row 0", "response 1 to the prompt of row 2"));
    }

    [Fact]
    public void A_column_that_was_not_asked_for_cannot_be_read()
    {
        RolloutView view = View();
        using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["Text"]]);
        cursor.Invoking(it => it.GetGetter<float>(view.Schema["Number"])).Should().Throw<InvalidOperationException>().WithMessage("*'Number' is not active*");
        ValueGetter<ReadOnlyMemory<char>> text = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["Text"]);
        ReadOnlyMemory<char> value = default;
        FluentActions.Invoking(() => text(ref value)).Should().Throw<InvalidOperationException>().WithMessage("*MoveNext*");
    }

    private static RolloutView View()
    {
        var ml = new MLContext();
        IDataView data = ml.Data.LoadFromEnumerable(
        [
            new Row { Text = "a", Texts = ["a", "aa"], Number = 0, Vector = [1] },
            new Row { Text = "b", Texts = [], Number = 1, Vector = [1, 2] },
            new Row { Text = "c", Texts = ["c", "cc"], Number = 2, Vector = [1, 2, 3] },
        ]);
        data = ml.Transforms.Conversion.MapValueToKey("Key", "Text").Fit(data).Transform(data);
        int read = 0;
        StoredRows rows = StoredRows.Read(data, _ => () => read++);
        read.Should().Be(3);
        return new RolloutView(rows, new PromptReader("Text", PromptFormat.Messages, addSpecialTokens: true), model: null, Rows.Select((row, i) => (
            row, new RolloutResponse($"r{i}", [.. Enumerable.Range(1, i)], i < 2 ? FinishReason.StopToken : FinishReason.Length))));
    }

    private sealed class Row
    {
        public string Text { get; set; } = "";

        public string[] Texts { get; set; } = [];

        public float Number { get; set; }

        [VectorType]
        public double[] Vector { get; set; } = [];
    }
}
