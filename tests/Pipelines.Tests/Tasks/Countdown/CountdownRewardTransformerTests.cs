using System.IO.Compression;
using System.Reflection;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Pipelines;

public sealed class CountdownRewardTransformerTests : IDisposable
{
    private const string Right = "try 7 + 5 = 12 ; 12 - 1 = 11 ; yes . answer ( 7 + 5 ) - 1";
    private const string Wrong = "try 7 + 5 = 12 ; 12 + 1 = 13 ; no . stop";

    private readonly MLContext _ml = new(seed: 1);
    private readonly string _zip = Path.GetTempFileName();

    public void Dispose() => File.Delete(_zip);

    [Fact]
    public void Responses_are_scored_row_by_row() => Rewards(Transform(_ml.Transforms.CountdownReward(), Rows())).Should().Equal(1, 0, 1);

    [Fact]
    public void Generated_problems_and_demonstrations_are_scored_as_they_come()
    {
        IReadOnlyList<CountdownDemonstration> demonstrations = CountdownDemonstrations.Generate(200);
        IDataView rows = _ml.Data.LoadFromEnumerable(demonstrations);
        Rewards(Transform(_ml.Transforms.CountdownReward(), rows)).Should().Equal(demonstrations.Select(row => row.Response.Contains("yes") ? 1f : 0f));
    }

    [Fact]
    public void Numbers_of_other_types_are_read_too()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new SingleRow { Response = Right, Numbers = [1, 5, 7], Target = 11 }]);
        Rewards(Transform(_ml.Transforms.CountdownReward(), rows)).Should().Equal(1);
        IDataView thirds = _ml.Data.LoadFromEnumerable([new DoubleRow { Text = "<answer>100/3</answer>", Given = [100, 3], Goal = 100 / 3.0 }]);
        Rewards(Transform(_ml.Transforms.CountdownReward("Text", "Given", "Goal", format: CountdownFormat.TinyZero), thirds)).Should().Equal(1);
    }

    [Fact]
    public void A_saved_reward_scores_the_same_after_loading()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(
        [
            new Row { Response = "<answer>7+5-2</answer>", Numbers = [1, 5, 7], Target = 11 },
            new Row { Response = Right, Numbers = [1, 5, 7], Target = 11 },
        ]);
        CountdownRewardTransformer saved = _ml.Transforms.CountdownReward(outputColumnName: "Score", format: CountdownFormat.TinyZero).Fit(rows);
        _ml.Model.Save(saved, rows.Schema, _zip);
        ITransformer loaded = new MLContext().Model.Load(_zip, out DataViewSchema schema);
        schema.Select(column => column.Name).Should().Equal(rows.Schema.Select(column => column.Name));
        Rewards(loaded.Transform(rows), "Score").Should().Equal(0.1f, 0f).And.Equal(Rewards(saved.Transform(rows), "Score"));
    }

    [Fact]
    public void A_zip_that_asks_for_an_unknown_format_is_refused()
    {
        IDataView rows = Rows();
        _ml.Model.Save(_ml.Transforms.CountdownReward().Fit(rows), rows.Schema, _zip);
        ReplaceState("\"SearchTrace\"", "77");
        Action load = () => new MLContext().Model.Load(_zip, out _);
        // ML.NET wraps what a component throws while it is loaded.
        load.Should().Throw<Exception>().Which.GetBaseException().Message.Should().Match("*Format is 77, expected one of SearchTrace, TinyZero*");
    }

    [Fact]
    public void It_works_in_a_chain_and_in_a_prediction_engine()
    {
        IDataView rows = Rows();
        ITransformer chain = _ml.Transforms.CopyColumns("Answer", "Response")
            .Append(_ml.Transforms.CountdownReward("Answer"))
            .Append(_ml.Transforms.CopyColumns("Label", "Reward"))
            .Fit(rows);
        using PredictionEngine<Row, Scored> engine = _ml.Model.CreatePredictionEngine<Row, Scored>(chain);
        engine.Predict(new Row { Response = Right, Numbers = [1, 5, 7], Target = 11 }).Should().BeEquivalentTo(new Scored { Reward = 1, Label = 1 });
        engine.Predict(new Row { Response = Wrong, Numbers = [1, 5, 7], Target = 11 }).Reward.Should().Be(0);
    }

    [Fact]
    public void What_the_estimator_promises_is_what_the_transformer_gives()
    {
        IDataView rows = Rows();
        CountdownRewardEstimator estimator = _ml.Transforms.CountdownReward();
        SchemaShape promised = estimator.GetOutputSchema(Shape(rows.Schema));
        SchemaShape given = Shape(estimator.Fit(rows).GetOutputSchema(rows.Schema));
        promised.Select(Describe).Should().BeEquivalentTo(given.Select(Describe)).And.Contain("Reward Scalar Single");

        static string Describe(SchemaShape.Column column) => $"{column.Name} {column.Kind} {column.ItemType}";
    }

    [Fact]
    public void A_missing_column_is_named()
    {
        IDataView rows = _ml.Data.LoadFromEnumerable(Countdown.Generate(3));
        Action fit = () => _ml.Transforms.CountdownReward().Fit(rows);
        fit.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Response'*");
        Action transform = () => _ml.Transforms.CountdownReward().Fit(Rows()).Transform(rows);
        transform.Should().Throw<ArgumentOutOfRangeException>().WithMessage("*'Response'*");
    }

    [Theory]
    [InlineData("Target", "Numbers", "Target", "'Target'*String*Int32")]
    [InlineData("Response", "Target", "Target", "'Target'*Vector*")]
    [InlineData("Response", "Numbers", "Numbers", "'Numbers'*Int32*")]
    public void A_column_of_another_type_is_named(string response, string numbers, string target, string message)
    {
        Action fit = () => _ml.Transforms.CountdownReward(response, numbers, target).Fit(Rows());
        fit.Should().Throw<ArgumentOutOfRangeException>().WithMessage($"*{message}*");
    }

    [Theory]
    [InlineData(1.5f, 11f, "*'Numbers' holds 1.5 in row 0, expected whole numbers*")]
    [InlineData(float.NaN, 11f, "*'Numbers' holds NaN in row 0*")]
    [InlineData(1f, float.NaN, "*'Target' holds NaN in row 0, expected a finite number*")]
    public void Values_that_make_no_sense_are_named(float number, float target, string message)
    {
        IDataView rows = _ml.Data.LoadFromEnumerable([new SingleRow { Response = Right, Numbers = [number, 5, 7], Target = target }]);
        Action read = () => Rewards(Transform(_ml.Transforms.CountdownReward(), rows));
        read.Should().Throw<ArgumentException>().WithMessage(message);
    }

    [Fact]
    public void Empty_column_names_and_unknown_formats_are_refused()
    {
        Action create = () => _ml.Transforms.CountdownReward(numbersColumnName: "", format: (CountdownFormat)9);
        create.Should().Throw<ArgumentException>().WithMessage(
            "CountdownRewardOptions: NumbersColumnName is empty, expected the name of a column; Format is 9, expected one of SearchTrace, TinyZero.");
    }

    private static IDataView Transform(CountdownRewardEstimator reward, IDataView rows) => reward.Fit(rows).Transform(rows);

    private static float[] Rewards(IDataView view, string column = "Reward") => [.. view.GetColumn<float>(column)];

    private IDataView Rows() => _ml.Data.LoadFromEnumerable(
    [
        new Row { Response = Right, Numbers = [1, 5, 7], Target = 11 },
        new Row { Response = Wrong, Numbers = [1, 5, 7], Target = 11 },
        new Row { Response = "answer 2 * 3", Numbers = [3, 2], Target = 6 },
    ]);

    // ML.NET makes it inside every trainer's Fit, and keeps the method to itself.
    private static SchemaShape Shape(DataViewSchema schema) =>
        (SchemaShape)typeof(SchemaShape).GetMethod("Create", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!.Invoke(null, [schema])!;

    private void ReplaceState(string old, string replacement)
    {
        using ZipArchive zip = ZipFile.Open(_zip, ZipArchiveMode.Update);
        ZipArchiveEntry entry = zip.Entries.Single(entry => entry.Name == "State.json");
        using Stream stream = entry.Open();
        string state = new StreamReader(stream).ReadToEnd();
        state.Should().Contain(old);
        stream.SetLength(0);
        stream.Write(Encoding.UTF8.GetBytes(state.Replace(old, replacement, StringComparison.Ordinal)));
    }

    private sealed class Row
    {
        public string Response { get; init; } = "";

        [VectorType]
        public int[] Numbers { get; init; } = [];

        public int Target { get; init; }
    }

    private sealed class SingleRow
    {
        public string Response { get; init; } = "";

        [VectorType(3)]
        public float[] Numbers { get; init; } = [];

        public float Target { get; init; }
    }

    private sealed class DoubleRow
    {
        public string Text { get; init; } = "";

        [VectorType]
        public int[] Given { get; init; } = [];

        public double Goal { get; init; }
    }

    private sealed class Scored
    {
        public float Reward { get; set; }

        public float Label { get; set; }
    }
}
