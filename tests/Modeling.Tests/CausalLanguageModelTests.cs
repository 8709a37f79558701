using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class CausalLanguageModelTests
{
    [Fact]
    public void The_seed_decides_the_weights_of_a_new_model()
    {
        using CausalLanguageModel one = TinyModel.Create(1), same = TinyModel.Create(1), other = TinyModel.Create(2);
        same.Fingerprint.Should().Be(one.Fingerprint).And.HaveLength(64);
        other.Fingerprint.Should().NotBe(one.Fingerprint);
    }

    [Fact]
    public void A_clone_has_weights_of_its_own()
    {
        using CausalLanguageModel model = TinyModel.Create();
        string before = model.Fingerprint;
        using CausalLanguageModel clone = model.Clone();
        using (no_grad()) clone.Parameters["model.norm.weight"].mul_(2);
        clone.Fingerprint.Should().NotBe(before);
        using CausalLanguageModel again = model.Clone();
        again.Fingerprint.Should().Be(before);
    }

    [Fact]
    public void A_model_saved_over_another_replaces_it_and_loads_in_either_type()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("mlnetattn-");
        try
        {
            using CausalLanguageModel first = TinyModel.Create(1, TinyModel.Config(tied: false)), second = TinyModel.Create(2, TinyModel.Config(tied: false));
            first.SavePretrained(folder.FullName);
            second.SavePretrained(folder.FullName);
            using CausalLanguageModel loaded = CausalLanguageModel.FromPretrained(folder.FullName);
            loaded.Fingerprint.Should().Be(second.Fingerprint);
            using CausalLanguageModel half = CausalLanguageModel.FromPretrained(folder.FullName, new ModelLoadOptions { DataType = ScalarType.BFloat16 });
            half.Parameters.Values.Should().OnlyContain(weight => weight.dtype == ScalarType.BFloat16);
            using Tensor ids = tensor(TinyModel.Ids(12, 1).Select(i => (long)i).ToArray()).unsqueeze(0),
                exact = loaded.Forward(ids),
                rounded = half.Forward(ids);
            (rounded - exact).abs().mean().ToDouble().Should().BeLessThan(0.1 * exact.std().ToDouble());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Files_of_a_tokenizer_that_are_not_read_are_written_again(bool withTokenizer)
    {
        using var folder = new TemporaryFolder();
        using (CausalLanguageModel made = withTokenizer ? TinyModel.CreateWithTokenizer() : TinyModel.Create()) made.SavePretrained(folder.Path);
        Dictionary<string, byte[]> files = [];
        foreach (string name in (string[])["added_tokens.json", "vocab.json", "merges.txt", "tokenizer.model", "chat_template.json"])
            File.WriteAllBytes(folder.File(name), files[name] = [0xFF, (byte)files.Count]);
        File.WriteAllBytes(folder.File("special_tokens_map.json"), files["special_tokens_map.json"] = "{ }"u8.ToArray());

        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder.Path);
        model.HasTokenizer.Should().Be(withTokenizer);
        using CausalLanguageModel clone = model.Clone();
        clone.Fingerprint.Should().Be(model.Fingerprint);
        foreach (string place in (string[])[folder.Path, folder.File("elsewhere")])
        {
            clone.SavePretrained(place);
            foreach ((string name, byte[] bytes) in files) File.ReadAllBytes(Path.Combine(place, name)).Should().Equal(bytes);
            using CausalLanguageModel again = CausalLanguageModel.FromPretrained(place);
            again.Fingerprint.Should().Be(model.Fingerprint);
        }
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        FluentActions.Invoking(() => CausalLanguageModel.FromPretrained("/nowhere/at/all"))
            .Should().Throw<DirectoryNotFoundException>().WithMessage("*/nowhere/at/all*");
        DirectoryInfo folder = Directory.CreateTempSubdirectory("mlnetattn-");
        try
        {
            FluentActions.Invoking(() => CausalLanguageModel.FromPretrained(folder.FullName))
                .Should().Throw<FileNotFoundException>().WithMessage("*config.json*");
            using (CausalLanguageModel model = TinyModel.Create()) model.SavePretrained(folder.FullName);
            File.Delete(Path.Combine(folder.FullName, "model.safetensors"));
            FluentActions.Invoking(() => CausalLanguageModel.FromPretrained(folder.FullName))
                .Should().Throw<FileNotFoundException>().WithMessage("*model.safetensors*");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Weights_that_are_not_finite_are_refused_by_name()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("mlnetattn-");
        try
        {
            using (CausalLanguageModel model = TinyModel.Create())
            {
                using (no_grad()) model.Parameters["model.layers.1.mlp.up_proj.weight"][2, 3] = float.NaN;
                model.SavePretrained(folder.FullName);
            }
            long before = LiveTensors.Settle();
            FluentActions.Invoking(() => CausalLanguageModel.FromPretrained(folder.FullName))
                .Should().Throw<InvalidDataException>().WithMessage("*model.layers.1.mlp.up_proj.weight*");
            LiveTensors.Now.Should().Be(before);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_model_without_tokenizer_says_so_and_a_disposed_one_too()
    {
        CausalLanguageModel model = TinyModel.Create();
        model.HasTokenizer.Should().BeFalse();
        FluentActions.Invoking(() => model.Tokenizer).Should().Throw<InvalidOperationException>().WithMessage("*no tokenizer.json*");
        model.Dispose();
        model.Dispose();
        model.IsDisposed.Should().BeTrue();
        FluentActions.Invoking(() => model.Clone()).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => model.Generate([[1]], new GenerationOptions())).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Padding_that_is_not_on_the_left_is_refused()
    {
        using CausalLanguageModel model = TinyModel.Create();
        using Tensor ids = ones(1, 3, dtype: ScalarType.Int64), mask = tensor(new long[] { 1, 1, 0 }).unsqueeze(0);
        FluentActions.Invoking(() => model.Forward(ids, mask)).Should().Throw<ArgumentException>().WithMessage("*padding on the left only*");
    }

    [Fact]
    public void Ids_that_the_model_cannot_read_are_named()
    {
        using CausalLanguageModel model = TinyModel.Create();
        Reading(zeros(1, 3, dtype: ScalarType.Float32)).WithMessage("*Float32*expected int64 [B, T]*");
        Reading(zeros(3, dtype: ScalarType.Int64)).WithMessage("*[3]*expected int64 [B, T]*");
        Reading(full(1, 3, model.Config.VocabularySize, dtype: ScalarType.Int64))
            .WithMessage($"*{model.Config.VocabularySize}*ids from 0 to {model.Config.VocabularySize - 1}*");
        Reading(full(1, 3, -1, dtype: ScalarType.Int64)).WithMessage("*-1*ids from 0*");
        Reading(zeros(1, model.Config.MaxPositionEmbeddings + 1, dtype: ScalarType.Int64)).WithMessage($"*context of {model.Config.MaxPositionEmbeddings}*");
        using Tensor ids = zeros(1, 3, dtype: ScalarType.Int64), mask = ones(1, 2, dtype: ScalarType.Int64);
        FluentActions.Invoking(() => model.Forward(ids, mask)).Should().Throw<ArgumentException>().WithMessage("*attentionMask*[1, 2]*[1, 3]*");

        FluentAssertions.Specialized.ExceptionAssertions<ArgumentException> Reading(Tensor given)
        {
            using (given) return FluentActions.Invoking(() => model.Forward(given)).Should().Throw<ArgumentException>();
        }
    }

    [Fact]
    public void A_configuration_that_contradicts_itself_makes_no_model()
    {
        DecoderConfig config = TinyModel.Config();
        FluentActions
            .Invoking(() => CausalLanguageModel.Create(
                new DecoderConfig
                {
                    VocabularySize = 0,
                    HiddenSize = 8,
                    IntermediateSize = 8,
                    LayerCount = 1,
                    HeadCount = 2,
                    MaxPositionEmbeddings = config.MaxPositionEmbeddings,
                },
                tokenizer: null,
                seed: 1))
            .Should().Throw<ArgumentException>().WithMessage("*VocabularySize*");
    }

    [Fact]
    public void Weights_in_double_precision_have_a_fingerprint_and_survive_saving()
    {
        using var folder = new TemporaryFolder();
        using (CausalLanguageModel model = TinyModel.Create()) model.SavePretrained(folder.Path);
        using CausalLanguageModel wide = CausalLanguageModel.FromPretrained(folder.Path, new ModelLoadOptions { DataType = ScalarType.Float64 });
        wide.SavePretrained(folder.File("wide"));
        using CausalLanguageModel again = CausalLanguageModel.FromPretrained(folder.File("wide"), new ModelLoadOptions { DataType = ScalarType.Float64 });
        again.Fingerprint.Should().Be(wide.Fingerprint);
    }

    [Fact]
    public void Nothing_stays_alive_after_dispose()
    {
        long before = LiveTensors.Settle();
        using (CausalLanguageModel model = TinyModel.Create()) model.Clone().Dispose();
        LiveTensors.Now.Should().Be(before);
    }
}
