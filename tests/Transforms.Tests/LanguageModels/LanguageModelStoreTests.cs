using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Transforms.Tests;

public sealed class LanguageModelStoreTests : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly CausalLanguageModel _model = TinyModels.Create();
    private readonly IDataView _prompts;

    public LanguageModelStoreTests() => _prompts = _ml.Data.LoadFromEnumerable(TextPair.Make(6).Select(pair => new { pair.Prompt }));

    public void Dispose() => _model.Dispose();

    [Fact]
    public void Components_of_one_chain_share_one_copy_in_the_zip_and_one_model_in_memory()
    {
        MemoryStream zip = Save(Chain().Fit(_prompts));
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true))
        {
            string[] files = [.. archive.Entries.Where(entry => entry.FullName.StartsWith(LanguageModelStore.Folder)).Select(entry => entry.FullName)];
            files.Should().OnlyHaveUniqueItems().And.OnlyContain(file => file.StartsWith($"LanguageModels/{_model.Fingerprint}/"));
            files.Should().ContainSingle(file => file.EndsWith(".safetensors"));
        }
        long before = LiveTensors.Settle();
        using var loaded = (IDisposable)Load(zip);
        (LiveTensors.Now - before).Should().BeLessThan(2 * _model.Parameters.Count, "the model is loaded once, though two components use it");
        CausalLanguageModel[] models = [Find<PolicyTransformer>(loaded).Model, Find<AttentionRhythmTransformer>(loaded).Model];
        models.Distinct().Should().ContainSingle().Which.Should().NotBeSameAs(_model);
        models[0].Fingerprint.Should().Be(_model.Fingerprint);
    }

    [Fact]
    public void A_GPU_that_is_not_there_is_refused_or_stood_in_for_by_the_CPU()
    {
        const int absent = 63;
        MemoryStream zip = Save(Chain().Fit(_prompts));
        var warnings = new List<string>();
        var lenient = new MLContext { GpuDeviceId = absent, FallbackToCpu = true };
        lenient.Log += (_, log) =>
        {
            if (log.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning) warnings.Add(log.Message);
        };
        using (var loaded = (IDisposable)lenient.Model.Load(zip, out _))
            Find<PolicyTransformer>(loaded).Model.Device.type.Should().Be(TorchSharp.DeviceType.CPU);
        warnings.Should().ContainSingle().Which.Should().Contain($"GpuDeviceId is {absent}").And.Contain("on the CPU");

        var strict = new MLContext { GpuDeviceId = absent };
        zip.Position = 0;
        Action load = () => strict.Model.Load(zip, out _);
        Exception refused = load.Should().Throw<Exception>().Which;
        while (refused.InnerException is { } inner) refused = inner;
        refused.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain($"GpuDeviceId is {absent}").And.Contain("FallbackToCpu");
    }

    [Fact]
    public void Two_models_in_one_chain_are_stored_both()
    {
        using CausalLanguageModel other = TinyModels.Create(seed: 2);
        using var archive = new ZipArchive(Save(_ml.Transforms.GenerateText(_model, maxNewTokens: 4)
            .Append(_ml.Transforms.AttentionRhythm(other))
            .Fit(_prompts)));
        archive.Entries.Where(entry => entry.Name == "model.safetensors").Should().HaveCount(2);
    }

    [Fact]
    public void A_zip_holds_base_and_adapter_or_the_merged_model()
    {
        using CausalLanguageModel adapted = TinyModels.WithAdapter(_model), merged = adapted.MergeAdapter();
        Holds(adapted).Should().Contain(["model.safetensors", "adapter_config.json", "adapter_model.safetensors"]);
        Holds(merged).Should().Contain("model.safetensors").And.NotContain("adapter_config.json");

        string[] Holds(CausalLanguageModel model)
        {
            PolicyTransformer fitted = _ml.Transforms.GenerateText(model, maxNewTokens: 12).Fit(_prompts);
            MemoryStream zip = Save(fitted);
            ITransformer loaded = Load(zip);
            using CausalLanguageModel found = ((PolicyTransformer)loaded).Model;
            found.Fingerprint.Should().Be(model.Fingerprint).And.NotBe(_model.Fingerprint);
            loaded.Transform(_prompts).GetColumn<string>("Response").Should().Equal(fitted.Transform(_prompts).GetColumn<string>("Response"));
            using var archive = new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true);
            return [.. archive.Entries.Select(entry => entry.Name)];
        }
    }

    [Fact]
    public void The_folder_in_the_zip_is_a_model_folder_as_it_is()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"mlnetattn-{Guid.NewGuid():N}");
        try
        {
            using (var archive = new ZipArchive(Save(Chain().Fit(_prompts)))) archive.ExtractToDirectory(folder);
            using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Path.Combine(folder, LanguageModelStore.Folder, _model.Fingerprint));
            model.Fingerprint.Should().Be(_model.Fingerprint);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_loaded_chain_gives_identical_outputs_and_can_be_saved_again()
    {
        var fitted = Chain().Fit(_prompts);
        ITransformer twice = Load(Save(Load(Save(fitted))));
        Values(twice.Transform(_prompts)).Should().Equal(Values(fitted.Transform(_prompts)));
    }

    [Fact]
    public void A_model_in_bfloat16_is_loaded_in_bfloat16()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"mlnetattn-{Guid.NewGuid():N}");
        try
        {
            _model.SavePretrained(folder);
            using CausalLanguageModel half = CausalLanguageModel.FromPretrained(folder, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
            ITransformer loaded = Load(Save(_ml.Transforms.GenerateText(half, maxNewTokens: 4).Fit(_prompts)));
            using CausalLanguageModel back = ((PolicyTransformer)loaded).Model;
            back.Parameters.Values.Should().OnlyContain(parameter => parameter.dtype == ScalarType.BFloat16);
            back.Fingerprint.Should().Be(half.Fingerprint);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_loaded_model_is_disposed_with_the_last_transformer_that_uses_it()
    {
        ITransformer loaded = Load(Save(Chain().Fit(_prompts)));
        PolicyTransformer policy = Find<PolicyTransformer>(loaded);
        AttentionRhythmTransformer rhythm = Find<AttentionRhythmTransformer>(loaded);
        CausalLanguageModel model = policy.Model;
        policy.Dispose();
        model.IsDisposed.Should().BeFalse();
        rhythm.Dispose();
        model.IsDisposed.Should().BeTrue();
        policy.Invoking(it => it.Model).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Disposing_transformers_leaves_the_users_model_alone()
    {
        ((IDisposable)Chain().Fit(_prompts)).Dispose();
        _model.IsDisposed.Should().BeFalse();
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    [InlineData("tokenizer.json")]
    [InlineData("SHA256SUMS")]
    public void A_zip_without_one_of_the_models_files_is_an_error_that_names_it(string file)
    {
        MemoryStream zip = Save(Chain().Fit(_prompts));
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Update, leaveOpen: true)) archive.Entries.Single(entry => entry.Name == file).Delete();
        zip.Position = 0;
        Action load = () => Load(zip);
        Causes(load.Should().Throw<Exception>().Which).Should().Contain(exception => exception is InvalidDataException && exception.Message.Contains(file));
    }

    [Fact]
    public void A_damaged_byte_in_the_weights_is_an_error_that_names_the_file()
    {
        MemoryStream zip = Save(Chain().Fit(_prompts));
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Update, leaveOpen: true))
        {
            using Stream weights = archive.Entries.Single(entry => entry.Name == "model.safetensors").Open();
            weights.Position = weights.Length - 5;
            int value = weights.ReadByte();
            weights.Position = weights.Length - 5;
            weights.WriteByte((byte)(value ^ 1));
        }
        zip.Position = 0;
        Action load = () => Load(zip);
        Causes(load.Should().Throw<Exception>().Which)
            .Should().Contain(exception => exception is InvalidDataException && exception.Message.Contains("model.safetensors' is damaged"));
    }

    private EstimatorChain<RhythmCreditTransformer> Chain() =>
        _ml.Transforms.GenerateText(_model, maxNewTokens: 20, seed: 3).Append(_ml.Transforms.AttentionRhythm()).Append(_ml.Transforms.RhythmCredit());

    private MemoryStream Save(ITransformer transformer)
    {
        var stream = new MemoryStream();
        _ml.Model.Save(transformer, _prompts.Schema, stream);
        stream.Position = 0;
        return stream;
    }

    private static ITransformer Load(Stream zip) => new MLContext().Model.Load(zip, out _);

    private static T Find<T>(object chain) => ((IEnumerable<ITransformer>)chain).OfType<T>().Single();

    private static IEnumerable<string> Values(IDataView view) =>
        view.GetColumn<string>("Response").Concat(view.GetColumn<float[]>("Waad")
            .Concat(view.GetColumn<float[]>("Credit"))
            .Select(values => string.Join(' ', values)));

    private static IEnumerable<Exception> Causes(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException) yield return exception;
    }
}
