using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public class LoraGoldenTests
{
    [Theory]
    [MemberData(nameof(LoraGolden.Names), MemberType = typeof(LoraGolden))]
    public void Logits_of_base_adapter_and_merged_model_equal_PEFTs(string name)
    {
        using var golden = new LoraGolden(name);
        using CausalLanguageModel merged = golden.Model.MergeAdapter(), off = golden.Model.WithoutAdapter();
        ShouldCompute(golden, golden.Base, "logits.base");
        ShouldCompute(golden, golden.Model, "logits.adapter");
        ShouldCompute(golden, merged, "logits.merged");
        ShouldCompute(golden, off, "logits.base");
        merged.Adapter.Should().BeNull();
        // The files have some of them.
        foreach ((string weight, Tensor expected) in golden.Under("merged.")) ShouldBe(merged.Parameters[weight], expected, 1e-7, weight);
    }

    [Theory]
    [MemberData(nameof(LoraGolden.Names), MemberType = typeof(LoraGolden))]
    public void Gradients_of_the_adapter_equal_PEFTs_and_the_base_has_none(string name)
    {
        using var golden = new LoraGolden(name);
        using var scope = NewDisposeScope();
        LoraAdapter adapter = golden.Model.Decoder.Adapter!;
        foreach (Tensor tensor in adapter.Storage) tensor.requires_grad = true;
        (Tensor loss, _) = Loss(golden);
        loss.ToDouble().Should().BeApproximately(golden.Json.GetProperty("loss_per_step")[0].GetDouble(), 2e-6);
        IList<Tensor> gradients = autograd.grad([loss], [.. adapter.Storage]);
        int compared = 0;
        foreach ((string key, Tensor expected) in golden.Under("grad."))
        {
            ParameterSlice slice = adapter.Slices[key];
            ShouldBe(gradients[slice.Storage].narrow(0, slice.FirstRow, slice.Rows), expected, 2e-6, key);
            compared++;
        }
        compared.Should().Be(adapter.Parameters.Count);
        golden.Base.Parameters.Values.Should().OnlyContain(weight => !weight.requires_grad);
    }

    [Theory]
    [MemberData(nameof(LoraGolden.Names), MemberType = typeof(LoraGolden))]
    public void What_was_loaded_is_saved_byte_for_byte(string name)
    {
        using var golden = new LoraGolden(name);
        using var folder = new TemporaryFolder();
        golden.Model.SaveAdapter(folder.Path);
        Directory.GetFiles(folder.Path).Select(Path.GetFileName).Should().BeEquivalentTo("adapter_config.json", "adapter_model.safetensors");
        foreach (string file in (string[])["adapter_config.json", "adapter_model.safetensors"])
            File.ReadAllBytes(folder.File(file)).Should().Equal(File.ReadAllBytes(Path.Combine(golden.Folder, file)), file);
    }

    [Theory]
    [MemberData(nameof(LoraGolden.Names), MemberType = typeof(LoraGolden))]
    public void Every_path_computes_the_same_with_the_adapter_as_with_merged_weights(string name)
    {
        using var golden = new LoraGolden(name);
        using CausalLanguageModel merged = golden.Model.MergeAdapter();
        JsonElement batch = golden.Json.GetProperty("batch");
        int[][] ids = batch.GetProperty("input_ids").Deserialize<int[][]>()!;
        int prompt = Math.Min(4, ids[0].Length - 1);
        TokenSequence[] sequences = [.. ids.Select(row => new TokenSequence(row[..prompt], row[prompt..]))];
        var options = new RhythmOptions { MinimumHorizon = 1, MaximumHorizon = 4 };
        using Tensor change = golden["logits.adapter"] - golden["logits.base"], changes = change.abs();
        double changed = changes.max().ToDouble();

        IReadOnlyList<RhythmAnalysis> with = golden.Model.AnalyzeRhythm(sequences, options),
            folded = merged.AnalyzeRhythm(sequences, options),
            without = golden.Base.AnalyzeRhythm(sequences, options);
        for (int i = 0; i < with.Count; i++)
        {
            Largest(with[i].LogProbabilities, folded[i].LogProbabilities).Should().BeLessThan(1e-5);
            Largest(with[i].Waad, folded[i].Waad).Should().BeLessThan(1e-4);
            Largest(with[i].LogProbabilities, without[i].LogProbabilities).Should().BeGreaterThan(0.01 * changed, "the adapter changes the model");
        }

        var greedy = new GenerationOptions { MaxNewTokens = 12, Temperature = 0 };
        int[][] prompts = [.. ids.Select(row => row[..prompt])];
        GeneratedSequence[] sampled = [.. golden.Model.Generate(prompts, greedy)], expected = [.. merged.Generate(prompts, greedy)];
        for (int i = 0; i < sampled.Length; i++)
        {
            sampled[i].TokenIds.Should().Equal(expected[i].TokenIds);
            Largest(sampled[i].LogProbabilities, expected[i].LogProbabilities).Should().BeLessThan(1e-4);
        }
    }

    private static void ShouldCompute(LoraGolden golden, CausalLanguageModel model, string expected)
    {
        using Tensor logits = model.Forward(golden["input_ids"]);
        ShouldBe(logits, golden[expected], 5e-6, expected);
    }

    private static void ShouldBe(Tensor found, Tensor expected, double tolerance, string what = "")
    {
        using var scope = NewDisposeScope();
        found.shape.Should().Equal(expected.shape, what);
        (found.detach() - expected).abs().max().ToDouble().Should().BeLessThanOrEqualTo(tolerance, what);
    }

    private static (Tensor Loss, Tensor Logits) Loss(LoraGolden golden)
    {
        JsonElement batch = golden.Json.GetProperty("batch");
        Tensor ids = ToTensor(batch.GetProperty("input_ids")), labels = ToTensor(batch.GetProperty("labels"));
        Tensor logits = golden.Model.Decoder.Logits(golden.Model.Decoder.Forward(ids));
        long length = ids.shape[1];
        return (
            nn.functional.cross_entropy(
                logits.narrow(1, 0, length - 1).reshape(-1, logits.shape[2]),
                labels.narrow(1, 1, length - 1).reshape(-1),
                ignore_index: -100),
            logits);
    }

    private static Tensor ToTensor(JsonElement rows)
    {
        long[][] values = rows.Deserialize<long[][]>()!;
        return tensor(values.SelectMany(row => row).ToArray(), [values.Length, values[0].Length]);
    }

    private static double Largest(float[] a, float[] b) => a.Zip(b, (x, y) => float.IsNaN(x) && float.IsNaN(y) ? 0 : Math.Abs(x - y)).Max();
}
