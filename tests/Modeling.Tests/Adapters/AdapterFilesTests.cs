using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class AdapterFilesTests : IDisposable
{
    private const string Some = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

    private readonly CausalLanguageModel _model = TinyModel.Create();
    private readonly TemporaryFolder _folder = new();

    public AdapterFilesTests()
    {
        using CausalLanguageModel adapted = _model.WithTrained(new LoraOptions());
        adapted.SaveAdapter(_folder.Path);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_adapter_of_another_model_is_refused_with_tensors_and_shapes()
    {
        using CausalLanguageModel wider = TinyModel.Create(1, TinyModel.Config(heads: 8)), deeper = TinyModel.Create(1, TinyModel.Config(layers: 4));
        Refused<InvalidDataException>(wider).WithMessage($"*another shape*'{Some}' has shape [8, 32], expected [8, 64]*");
        Refused<InvalidDataException>(deeper).WithMessage("*4 missing*layers.3.self_attn.q_proj.lora_A*");
        using CausalLanguageModel shallower = TinyModel.Create(1, TinyModel.Config(layers: 2));
        Refused<InvalidDataException>(shallower).WithMessage("*4 unexpected*layers.2.self_attn.q_proj.lora_A*");
    }

    [Fact]
    public void Targets_that_the_model_does_not_have_are_refused_with_those_that_it_has()
    {
        string file = _folder.File("adapter_config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"q_proj\"", "\"query\"").Replace("\"v_proj\"", "\"c_attn\""));
        Refused<InvalidDataException>().WithMessage("*does not fit*TargetModules is *c_attn*q_proj, k_proj*");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"query\"", "\"q_proj\""));
        Refused<InvalidDataException>().WithMessage("*unexpected*v_proj.lora_A*");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"c_attn\"", "\"lm_head\""));
        Refused<InvalidDataException>().WithMessage("*'lm_head'*not supported*");
    }

    [Fact]
    public void Targets_of_other_architectures_beside_the_models_are_read_over_as_PEFT_does()
    {
        string file = _folder.File("adapter_config.json");
        using CausalLanguageModel before = _model.WithAdapter(_folder.Path);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"v_proj\"", "\"v_proj\", \"w1\", \"query_key_value\""));
        using CausalLanguageModel adapted = _model.WithAdapter(_folder.Path), copy = adapted.Clone();
        foreach (CausalLanguageModel model in (CausalLanguageModel[])[adapted, copy]) model.Logits().Should().Equal(before.Logits());
        using var saved = new TemporaryFolder();
        adapted.SaveAdapter(saved.Path);
        using CausalLanguageModel again = _model.WithAdapter(saved.Path);
        again.Logits().Should().Equal(before.Logits());
    }

    [Fact]
    public void Weights_that_are_unexpected_are_named()
    {
        Rewrite(tensors => tensors["base_model.model.lm_head.lora_A.weight"] = ones(8, 32));
        Refused<InvalidDataException>().WithMessage("*unexpected*base_model.model.lm_head.lora_A.weight*");
    }

    [Fact]
    public void Weights_that_are_not_finite_are_named()
    {
        Rewrite(tensors => tensors[Some][0, 0] = float.NaN);
        Refused<InvalidDataException>().WithMessage($"*{Some}*NaN*");
    }

    [Fact]
    public void Weights_of_half_precision_are_read_in_single()
    {
        Rewrite(tensors => tensors[Some] = tensors[Some].to(ScalarType.BFloat16));
        using CausalLanguageModel adapted = _model.WithAdapter(_folder.Path);
        adapted.AdapterParameters[Some].dtype.Should().Be(ScalarType.Float32);
    }

    [Fact]
    public void A_file_cut_short_is_named()
    {
        string file = _folder.File("adapter_model.safetensors");
        using (FileStream stream = File.OpenWrite(file)) stream.SetLength(stream.Length - 5);
        Refused<InvalidDataException>().WithMessage("*adapter_model.safetensors*");
    }

    [Theory]
    [InlineData("adapter_model.safetensors")]
    [InlineData("adapter_config.json")]
    public void A_missing_file_is_named(string file)
    {
        File.Delete(_folder.File(file));
        Refused<FileNotFoundException>().WithMessage($"*{file}*");
    }

    [Fact]
    public void A_damaged_adapter_beside_a_base_is_no_silent_base()
    {
        _model.SavePretrained(_folder.Path);
        using (CausalLanguageModel adapted = _model.WithTrained(new LoraOptions())) adapted.SaveAdapter(_folder.Path);
        File.Delete(_folder.File("adapter_model.safetensors"));
        long before = LiveTensors.Settle();
        FluentActions.Invoking(() => CausalLanguageModel.FromPretrained(_folder.Path))
            .Should().Throw<FileNotFoundException>().WithMessage("*adapter_model.safetensors*");
        LiveTensors.Now.Should().Be(before);
    }

    private FluentAssertions.Specialized.ExceptionAssertions<TException> Refused<TException>(CausalLanguageModel? model = null) where TException : Exception
    {
        long before = LiveTensors.Settle();
        var thrown = FluentActions.Invoking(() => (model ?? _model).WithAdapter(_folder.Path)).Should().Throw<TException>();
        LiveTensors.Now.Should().Be(before, "nothing is left behind");
        return thrown;
    }

    private void Rewrite(Action<Dictionary<string, Tensor>> change)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        string file = _folder.File("adapter_model.safetensors");
        Dictionary<string, Tensor> tensors = SafetensorsReader.ReadAll(file);
        change(tensors);
        using FileStream stream = File.Create(file);
        SafetensorsWriter.Write(stream, tensors, SafetensorsWriter.PyTorchFormat);
    }
}
