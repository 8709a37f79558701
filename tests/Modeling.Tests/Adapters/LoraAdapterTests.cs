using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class LoraAdapterTests : IDisposable
{
    private readonly CausalLanguageModel _model = TinyModel.Create();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void A_new_adapter_changes_nothing_and_its_A_is_uniform_as_PEFTs()
    {
        using CausalLanguageModel adapted = _model.WithAdapter(TinyAdapter.AllLinear);
        adapted.Logits().Should().Equal(_model.Logits());
        adapted.AdapterParameters.Should().HaveCount(3 * 7 * 2);
        foreach ((string name, Tensor matrix) in adapted.AdapterParameters)
        {
            double largest = matrix.abs().max().ToDouble(), bound = 1 / Math.Sqrt(matrix.shape[1]);
            if (name.Contains("lora_B")) largest.Should().Be(0, name);
            else largest.Should().BeInRange(0.8 * bound, bound, name);
        }
    }

    [Fact]
    public void The_seed_decides_A_and_the_other_targets_do_not()
    {
        const string name = "base_model.model.model.layers.1.self_attn.v_proj.lora_A.weight";
        float[] first = A(new LoraOptions { Seed = 4 });
        A(new LoraOptions { Seed = 4, TargetModules = LoraOptions.AllLinear }).Should().Equal(first);
        A(new LoraOptions { Seed = 5 }).Should().NotEqual(first);

        float[] A(LoraOptions options)
        {
            using CausalLanguageModel adapted = _model.WithAdapter(options);
            return [.. adapted.AdapterParameters[name].contiguous().data<float>()];
        }
    }

    [Theory]
    [InlineData("q_proj")]
    [InlineData("k_proj")]
    [InlineData("v_proj")]
    [InlineData("o_proj")]
    [InlineData("gate_proj")]
    [InlineData("up_proj")]
    [InlineData("down_proj")]
    [InlineData("q_proj", "v_proj")]
    [InlineData("up_proj", "k_proj")]
    [InlineData("layers.1.self_attn.q_proj", "model.layers.2.mlp.down_proj")]
    [InlineData("all-linear")]
    public void An_adapter_computes_what_its_merged_weights_compute(params string[] targets)
    {
        using CausalLanguageModel adapted = _model.WithTrained(new LoraOptions { Rank = 2, Alpha = 3, TargetModules = targets }),
            merged = adapted.MergeAdapter();
        adapted.Logits().LargestDifference(merged.Logits()).Should().BeLessThan(2e-4);
        adapted.Logits().LargestDifference(_model.Logits()).Should().BeGreaterThan(1e-2);
        string[] changed = [.. merged.Parameters.Where(entry => !entry.Value.equal(_model.Parameters[entry.Key]).all().ToBoolean()).Select(entry => entry.Key)];
        changed.Should().BeEquivalentTo(adapted.AdapterParameters.Keys
            .Where(name => name.Contains("lora_A"))
            .Select(name => name["base_model.model.".Length..].Replace(".lora_A", "")));
    }

    [Theory]
    [InlineData(ScalarType.Float32, 1e-3)]
    [InlineData(ScalarType.BFloat16, 0.3)]
    [InlineData(ScalarType.Float64, 1e-3)]
    public void Sampling_with_a_cache_and_scoring_at_once_agree_in_every_type(ScalarType type, double tolerance)
    {
        using var folder = new TemporaryFolder();
        using (CausalLanguageModel adapted = _model.WithTrained()) adapted.SavePretrained(folder.Path);
        using CausalLanguageModel loaded = CausalLanguageModel.FromPretrained(folder.Path, new ModelLoadOptions { DataType = type });
        loaded.AdapterParameters.Values
            .Should().OnlyContain(
                matrix => matrix.dtype == (type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32),
                "adapters are not rounded to half precision");
        int[] prompt = TinyModel.Ids(6, 3);
        foreach (int samples in (int[])[1, 12])
        {
            GeneratedSequence[] sampled = [.. loaded.Generate([prompt], new GenerationOptions { SamplesPerPrompt = samples, MaxNewTokens = 20, Seed = 1 })];
            IReadOnlyList<float[]> scored = loaded.LogProbabilities([.. sampled.Select(sequence => new TokenSequence(prompt, sequence.TokenIds))]);
            for (int i = 0; i < samples; i++) sampled[i].LogProbabilities.LargestDifference(scored[i]).Should().BeLessThan(tolerance);
        }
    }

    [Fact]
    public void A_half_precision_model_keeps_updates_that_its_weights_are_too_coarse_for()
    {
        using var folder = new TemporaryFolder();
        // About 1e-4 of a weight, where bfloat16 tells 4e-3 apart.
        using (CausalLanguageModel adapted = _model.WithTrained(size: 1e-5)) adapted.SavePretrained(folder.Path);
        using CausalLanguageModel half = CausalLanguageModel.FromPretrained(folder.Path, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Linear linear = half.Decoder.Adapter!.Attach(half.Decoder.Weights.Layers)[0].Down;
        Tensor x = ones(1, linear.Weight.shape[1], dtype: ScalarType.BFloat16), zero = zeros(1, linear.Weight.shape[0], dtype: ScalarType.BFloat16);
        linear.Adapter!.Add(zero, x, null, fused: true).abs().max().ToDouble().Should().BeGreaterThan(0);
        linear.Adapter.Merge(linear.Weight).ne(linear.Weight).to(ScalarType.Float32).mean().ToDouble().Should().BeLessThan(0.2, "merging rounds it away");
    }

    [Fact]
    public void Models_that_share_weights_are_disposed_in_any_order_and_nothing_is_left()
    {
        float[] expected = _model.Logits();
        long before = LiveTensors.Settle();
        CausalLanguageModel start = _model.Clone(),
            adapted = start.WithTrained(),
            off = adapted.WithoutAdapter(),
            copy = adapted.Clone(),
            merged = adapted.MergeAdapter();
        float[] changed = adapted.Logits();
        start.Dispose();
        start.Dispose();
        adapted.Logits().Should().Equal(changed);
        copy.Logits().Should().Equal(changed);
        adapted.Dispose();
        off.Logits().Should().Equal(expected, "switching the adapter off gives back the weights' very bits");
        copy.Logits().Should().Equal(changed);
        foreach (CausalLanguageModel model in (CausalLanguageModel[])[off, copy, merged]) model.Dispose();
        LiveTensors.Now.Should().Be(before);
        FluentActions.Invoking(() => adapted.MergeAdapter()).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Fingerprints_cover_the_adapter_and_not_where_it_came_from()
    {
        using var folder = new TemporaryFolder();
        using CausalLanguageModel adapted = _model.WithTrained(), other = _model.WithTrained(size: 0.1), off = adapted.WithoutAdapter();
        adapted.SaveAdapter(folder.Path);
        using CausalLanguageModel loaded = _model.WithAdapter(folder.Path);
        loaded.Fingerprint.Should().Be(adapted.Fingerprint);
        other.Fingerprint.Should().NotBe(adapted.Fingerprint);
        off.Fingerprint.Should().Be(_model.Fingerprint);
    }

    [Fact]
    public void A_folder_holds_base_and_adapter_and_loses_the_adapter_when_another_model_is_saved_over_it()
    {
        using var folder = new TemporaryFolder();
        using CausalLanguageModel adapted = _model.WithTrained();
        adapted.SavePretrained(folder.Path);
        using (CausalLanguageModel loaded = CausalLanguageModel.FromPretrained(folder.Path))
        {
            loaded.Fingerprint.Should().Be(adapted.Fingerprint);
            loaded.Adapter!.TargetModules.Should().BeEquivalentTo("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj");
            File.ReadAllText(folder.File("adapter_config.json"))
                .Should().Contain($"\"base_model_name_or_path\": \"{folder.Path}\"", "transformers looks there for the weights");
        }
        _model.SavePretrained(folder.Path);
        using CausalLanguageModel plain = CausalLanguageModel.FromPretrained(folder.Path);
        plain.Adapter.Should().BeNull();
    }

    [Fact]
    public void An_adapter_saved_beside_its_base_leaves_the_base_where_it_is()
    {
        using var folder = new TemporaryFolder();
        _model.SavePretrained(folder.Path);
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder.Path), adapted = model.WithTrained();
        adapted.SaveAdapter(folder.Path);
        using CausalLanguageModel loaded = CausalLanguageModel.FromPretrained(folder.Path);
        loaded.Fingerprint.Should().Be(adapted.Fingerprint);
    }

    [Fact]
    public void A_folder_with_an_adapter_alone_says_what_to_do()
    {
        using var folder = new TemporaryFolder();
        using CausalLanguageModel adapted = _model.WithTrained();
        adapted.SaveAdapter(folder.Path);
        FluentActions.Invoking(() => CausalLanguageModel.FromPretrained(folder.Path))
            .Should().Throw<FileNotFoundException>().WithMessage("*adapter*base model*WithAdapter*");
    }

    [Theory]
    [InlineData("c_attn", "*'c_attn'*q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj*all-linear*")]
    [InlineData("proj", "*'proj'*q_proj*")]
    [InlineData("layers.3.self_attn.q_proj", "*'layers.3.self_attn.q_proj'*")]
    [InlineData("lm_head", "*'lm_head'*output head*not supported*")]
    [InlineData("embed_tokens", "*'embed_tokens'*embedding*not supported*")]
    public void A_module_that_is_not_there_is_refused_with_those_that_are(string target, string message)
    {
        long before = LiveTensors.Settle();
        FluentActions.Invoking(() => _model.WithAdapter(new LoraOptions { TargetModules = ["q_proj", target] }))
            .Should().Throw<ArgumentException>().WithMessage(message);
        LiveTensors.Now.Should().Be(before);
        _model.Logits().Should().NotBeEmpty("the model is as it was");
    }

    [Fact]
    public void All_options_out_of_range_are_named_at_once() =>
        FluentActions.Invoking(() => _model.WithAdapter(new LoraOptions { Rank = 0, Alpha = 0, Dropout = 1, TargetModules = [] }))
            .Should().Throw<ArgumentException>().WithMessage("*Rank is 0*Alpha is 0*Dropout is 1*TargetModules is []*");

    [Fact]
    public void A_model_has_one_adapter_or_none()
    {
        using CausalLanguageModel adapted = _model.WithAdapter(new LoraOptions());
        FluentActions.Invoking(() => adapted.WithAdapter(new LoraOptions()))
            .Should().Throw<InvalidOperationException>().WithMessage("*MergeAdapter*WithoutAdapter*");
        FluentActions.Invoking(() => _model.MergeAdapter()).Should().Throw<InvalidOperationException>().WithMessage("*no adapter*WithAdapter*");
        _model.Adapter.Should().BeNull();
        _model.AdapterParameters.Should().BeEmpty();
    }
}
