using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetAttn.Transforms.Tests;

public class ComponentPersistenceTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _data;

    public ComponentPersistenceTests() => _data = _ml.View();

    [Fact]
    public void A_chain_with_ML_NETs_own_transforms_loads_without_any_registration_and_gives_the_same()
    {
        var fitted = _ml.Transforms.NormalizeMinMax("Even")
            .Append(new LetterCounterEstimator(_ml, new LetterCounter.State(Output: "Counted")))
            .Append(_ml.Transforms.Conversion.ConvertType("Copy", "Counted", DataKind.Double)).Fit(_data);
        ITransformer loaded = new MLContext().Model.Load(Save(fitted), out DataViewSchema schema);
        schema.Select(column => column.Name).Should().Equal(_data.Schema.Select(column => column.Name));
        loaded.Transform(_data).GetColumn<double[]>("Copy").Should().BeEquivalentTo(
            fitted.Transform(_data).GetColumn<double[]>("Copy"),
            order => order.WithStrictOrdering());
    }

    [Fact]
    public void State_is_readable_JSON_in_the_components_folder()
    {
        using var zip = new ZipArchive(Save(new LetterCounter(_ml, new LetterCounter.State(BatchSize: 3))));
        ZipArchiveEntry state = zip.Entries.Should().ContainSingle(entry => entry.Name == "State.json").Which;
        new StreamReader(state.Open()).ReadToEnd().Should().Contain("\"BatchSize\": 3");
    }

    [Fact]
    public void A_loaded_transformer_can_be_saved_again()
    {
        ITransformer once = new MLContext().Model.Load(Save(new LetterCounter(_ml)), out _);
        ITransformer twice = new MLContext().Model.Load(Save(once), out _);
        twice.Transform(_data).GetColumn<float[]>("Letters").Should().HaveCount(100);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("""{"BatchSize":"many"}""")]
    [InlineData("""{"Input":"Text","Output":"Letters","BatchSize":16,"Ramp":true,"Refused":"(none)","OfALaterVersion":1}""")]
    [InlineData(null)]
    public void Damaged_or_missing_state_is_an_error_that_names_the_file(string? state)
    {
        MemoryStream file = Save(new LetterCounter(_ml));
        using (var zip = new ZipArchive(file, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry entry = zip.Entries.Single(it => it.Name == "State.json");
            string name = entry.FullName;
            entry.Delete();
            if (state is not null)
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                writer.Write(state);
            }
        }
        file.Position = 0;
        Action load = () => new MLContext().Model.Load(file, out _);
        Flatten(load.Should().Throw<Exception>().Which)
            .Should().ContainSingle(exception => exception is InvalidDataException && exception.Message.Contains("State.json"));
    }

    private MemoryStream Save(ITransformer transformer)
    {
        var stream = new MemoryStream();
        _ml.Model.Save(transformer, _data.Schema, stream);
        stream.Position = 0;
        return stream;
    }

    private static IEnumerable<Exception> Flatten(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException) yield return exception;
    }
}
