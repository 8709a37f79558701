using Microsoft.ML;
using MLNetAttn.FreshProcess;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class FreshProcessTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly Lazy<CausalLanguageModel> _adapted;
    private readonly TemporaryFolder _folder = new();

    public FreshProcessTests() => _adapted = new Lazy<CausalLanguageModel>(() => TinyModels.WithAdapter(_model));

    public static IEnumerable<TheoryDataRow<string>> Components() =>
    [
        new("GenerateText"),
        new("GenerateText with samples"),
        new("GenerateText with an adapter"),
        new("AttentionRhythm"),
        new("RhythmCredit"),
        new("RhythmFeatures"),
        new("chain with ML.NET's own"),
    ];

    public void Dispose()
    {
        if (_adapted.IsValueCreated) _adapted.Value.Dispose();
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Components))]
    public async Task A_zip_loads_in_a_new_process_by_plain_Load_and_gives_identical_outputs(string component)
    {
        IDataView data = component is "RhythmCredit" or "RhythmFeatures"
            ? _ml.Data.LoadFromEnumerable([new { Waad = new[] { 9f, 1, 1, 1, 4 }, Fai = new[] { 0.1f, 0.1f, 0.9f, 0.3f, float.NaN } }])
            : _ml.Data.LoadFromEnumerable(TextPair.Make(6));
        IEstimator<ITransformer> estimator = component switch
        {
            "GenerateText" => _ml.Transforms.GenerateText(_model, new TextGenerationOptions
            {
                Generation = new GenerationOptions
                {
                    MaxNewTokens = 20,
                    TopK = 9,
                    TopP = 0.95,
                    StopStrings = ["ab", "1"],
                    StopTokenIds = [0, 4],
                    Seed = 3,
                    MaximumCacheBytes = 1 << 20,
                    AddSpecialTokens = false,
                },
            }),
            "GenerateText with samples" => _ml.Transforms.GenerateText(_model, maxNewTokens: 20, seed: 5, samplesPerPrompt: 3)
                .Append(_ml.Transforms.AttentionRhythm()),
            "GenerateText with an adapter" => _ml.Transforms.GenerateText(_adapted.Value, maxNewTokens: 20, seed: 5)
                .Append(_ml.Transforms.AttentionRhythm()),
            "AttentionRhythm" => _ml.Transforms.AttentionRhythm(_model, new AttentionRhythmOptions { MinimumHorizon = 2, Layers = LayerSelection.Of(0, 2) }),
            "RhythmCredit" => _ml.Transforms.RhythmCredit(new RhythmCreditOptions { Credit = new CreditOptions { Fraction = 0.3, DominatedWaad = 2.5 } }),
            "RhythmFeatures" => _ml.Transforms.RhythmFeatures(new RhythmFeaturesOptions
            {
                Signals = RhythmSignals.Waad | RhythmSignals.Fai,
                Quantiles = [0.3],
                MissingValue = float.NaN,
            }),
            _ => _ml.Transforms.CopyColumns("Original", "Response")
                .Append(_ml.Transforms.GenerateText(_model, maxNewTokens: 30))
                .Append(_ml.Transforms.AttentionRhythm())
                .Append(_ml.Transforms.RhythmCredit())
                .Append(_ml.Transforms.RhythmFeatures())
                .Append(_ml.Transforms.Conversion.MapKeyToValue("RoleName", "Role")),
        };
        ITransformer fitted = estimator.Fit(data);
        string zip = _folder.File("model.zip"), rows = _folder.File("rows.idv");
        _ml.Model.Save(fitted, data.Schema, zip);
        using (FileStream stream = File.Create(rows)) _ml.Data.SaveAsBinary(data, stream);
        IDataView loaded = _ml.Data.LoadFromBinary(rows);

        string[] printed = await NewProcess.RunAsync(TestContext.Current.CancellationToken, "print", zip, rows);

        printed.Should().Equal(RowPrinter.Print(fitted.Transform(loaded)));
    }

    [Fact]
    public async Task A_process_that_is_killed_while_it_saves_leaves_the_old_zip_or_the_new_one()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(TextPair.Make(1));
        string zip = _folder.File("model.zip"), target = _folder.File("target.zip");
        _ml.Model.Save(_ml.Transforms.GenerateText(_model, maxNewTokens: 3).Fit(data), data.Schema, zip);
        File.Copy(zip, target);
        for (int kill = 0; kill < 5; kill++)
        {
            using System.Diagnostics.Process process = NewProcess.Start("save", zip, target);
            (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).Should().Be("1", "it saves until it is killed");
            await Task.Delay(7 * kill, TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            using var loaded = (PolicyTransformer)new MLContext().Model.Load(target, out _);
            loaded.Model.Fingerprint.Should().Be(_model.Fingerprint);
        }
    }
}
