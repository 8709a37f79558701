using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Transforms.Tests;

public class AttentionRhythmGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Names => Golden.Files("rhythm", "*.json").Where(row => row.Data is not ("credit" or "layers"));

    private static readonly Dictionary<string, LayerSelection> Layers = new()
    {
        ["middle"] = LayerSelection.Middle,
        ["all"] = LayerSelection.All,
        ["top"] = LayerSelection.Top,
        ["bottom"] = LayerSelection.Bottom,
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Columns_of_every_case_equal_the_reference_whatever_the_batch(string name)
    {
        using CausalLanguageModel model = Load(name);
        foreach (IGrouping<string, JsonElement> cases in Cases(name).GroupBy(it => it.GetProperty("which").GetString()!))
        {
            foreach (int batchSize in new[] { 1, 3 })
            {
                RhythmRow[] rows = Run(
                    model, cases,
                    new AttentionRhythmOptions { Layers = Layers[cases.Key], Grouping = RhythmGrouping.PerSequence, BatchSize = batchSize },
                    out _);
                foreach ((RhythmRow row, JsonElement expected) in rows.Zip(cases))
                {
                    row.TokenIds.Should().Equal(Sequence(expected).Response);
                    Close(row.Waad, expected.GetProperty("waad"), 1e-4);
                    Close(row.Fai, expected.GetProperty("fai"), 1e-5);
                    Close(row.Entropy, expected.GetProperty("entropy"), 1e-4);
                    Close(row.LogProbability, expected.GetProperty("log_probs"), 1e-4);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Groups_calibrated_by_Fit_and_the_columns_made_with_them_equal_the_reference(string name)
    {
        using CausalLanguageModel model = Load(name);
        JsonElement expected = Golden.Json("rhythm", name + ".json").GetProperty("calibrated");
        JsonElement[] cases = [.. Cases(name).Where(it => it.GetProperty("which").GetString() == "middle")];

        RhythmRow[] rows = Run(model, cases, new AttentionRhythmOptions { BatchSize = 2 }, out AttentionRhythmTransformer fitted);

        fitted.Groups!.Local.Should().Equal(Heads(expected.GetProperty("local_heads")));
        fitted.Groups.Global.Should().Equal(Heads(expected.GetProperty("global_heads")));
        foreach ((RhythmRow row, int i) in rows.Select((row, i) => (row, i)))
        {
            Close(row.Waad, expected.GetProperty("waad")[i], 1e-4);
            Close(row.Fai, expected.GetProperty("fai")[i], 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Other_horizons_windows_and_all_heads_equal_the_reference(string name)
    {
        using CausalLanguageModel model = Load(name);
        JsonElement[] cases = [.. Cases(name).Where(it => it.GetProperty("which").GetString() == "middle")];
        (string Expected, AttentionRhythmOptions Options, Func<RhythmRow, float[]> Actual, double Tolerance)[] variants =
        [
            ("fai_hi50", new() { Grouping = RhythmGrouping.PerSequence, MaximumHorizon = 50 }, row => row.Fai, 1e-5),
            ("fai_open", new() { Grouping = RhythmGrouping.PerSequence, MaximumHorizon = null }, row => row.Fai, 1e-5),
            ("fai_shrunk", new() { Grouping = RhythmGrouping.PerSequence, ShrinkHorizon = true }, row => row.Fai, 1e-5),
            ("waad_w5", new() { Grouping = RhythmGrouping.PerSequence, Window = 5 }, row => row.Waad, 1e-4),
            ("waad_all_heads", new() { AllHeads = true }, row => row.Waad, 1e-4),
            ("fai_all_heads", new() { AllHeads = true }, row => row.Fai, 1e-5),
        ];
        foreach ((string expected, AttentionRhythmOptions options, Func<RhythmRow, float[]> actual, double tolerance) in variants)
            foreach ((RhythmRow row, JsonElement one) in Run(model, cases, options, out _).Zip(cases))
                Close(actual(row), one.GetProperty(expected), tolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Receiver_fai_equals_the_reference(string name)
    {
        using CausalLanguageModel model = Load(name);
        JsonElement[] cases = [.. Cases(name).Where(it => it.GetProperty("which").GetString() == "middle")];
        foreach ((int? horizon, string expected) in new[] { ((int?)100, "receiver_fai"), (null, "receiver_fai_open") })
        {
            var options = new AttentionRhythmOptions { Grouping = RhythmGrouping.PerSequence, Outputs = RhythmColumns.ReceiverFai, MaximumHorizon = horizon };
            IDataView data = new MLContext().Data.LoadFromEnumerable(cases.Select(Sequence));
            float[][] found = [.. new MLContext().Transforms.AttentionRhythm(model, options).Fit(data).Transform(data).GetColumn<float[]>("ReceiverFai")];
            for (int i = 0; i < cases.Length; i++) Close(found[i], cases[i].GetProperty(expected), 1e-5);
        }
    }

    /// <summary>In float64, as the reference: random attention over many layers blows the last bits of float32 up to more than the tolerance, in any
    /// implementation.</summary>
    private static CausalLanguageModel Load(string name) => CausalLanguageModel.FromPretrained(
        Golden.Require("models", Golden.Json("rhythm", name + ".json").GetProperty("model").GetString()!),
        new ModelLoadOptions { DataType = ScalarType.Float64 });

    private static JsonElement[] Cases(string name)
    {
        JsonElement[] cases = [.. Golden.Json("rhythm", name + ".json").GetProperty("cases").EnumerateArray()];
        cases.Should().NotBeEmpty();
        return cases;
    }

    private static RhythmRow[] Run(
        CausalLanguageModel model, IEnumerable<JsonElement> cases, AttentionRhythmOptions options, out AttentionRhythmTransformer fitted)
    {
        var ml = new MLContext();
        IDataView data = ml.Data.LoadFromEnumerable(cases.Select(Sequence));
        fitted = ml.Transforms.AttentionRhythm(model, options).Fit(data);
        RhythmRow[] rows = [.. ml.Data.CreateEnumerable<RhythmRow>(fitted.Transform(data), reuseRowObject: false)];
        rows.Should().HaveCount(cases.Count());
        return rows;
    }

    private static IdPair Sequence(JsonElement one)
    {
        int[] ids = [.. one.GetProperty("input_ids").EnumerateArray().Select(id => id.GetInt32())];
        int prompt = one.GetProperty("prompt_length").GetInt32();
        return new IdPair { Prompt = ids[..prompt], Response = ids[prompt..] };
    }

    private static IEnumerable<HeadIndex> Heads(JsonElement heads) =>
        heads.EnumerateArray().Select(head => new HeadIndex(head[0].GetInt32(), head[1].GetInt32()));

    private static void Close(float[] actual, JsonElement expected, double tolerance)
    {
        actual.Should().HaveCount(expected.GetArrayLength());
        foreach ((float value, JsonElement other) in actual.Zip(expected.EnumerateArray()))
        {
            if (other.ValueKind == JsonValueKind.Null) float.IsNaN(value).Should().BeTrue();
            else ((double)value).Should().BeApproximately(other.GetDouble(), tolerance);
        }
    }
}
