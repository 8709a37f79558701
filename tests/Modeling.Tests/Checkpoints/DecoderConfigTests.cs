using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class DecoderConfigTests
{
    private static DecoderConfig Parse(params (string Key, object? Value)[] changes) => DecoderConfig.Parse(Fixtures.Config(changes), "config.json");

    private static DecoderConfig ParseFamily(string architecture, params (string Key, object? Value)[] changes) =>
        Parse([("architectures", new[] { architecture }), ("model_type", null), .. changes]);

    [Fact]
    public void Absent_keys_of_llama_have_the_defaults_of_transformers()
    {
        DecoderConfig config = Parse(("num_key_value_heads", null));
        config.KeyValueHeadCount.Should().Be(2);
        config.HeadDimension.Should().Be(4);
        config.MaxPositionEmbeddings.Should().Be(2048);
        config.RmsNormEpsilon.Should().Be(1e-6);
        config.Rotary.Should().Be(new RotaryOptions { Theta = 10_000 });
        (config.TieWordEmbeddings, config.AttentionBias, config.AttentionOutputBias, config.MlpBias, config.QueryKeyNorm)
            .Should().Be((false, false, false, false, false));
        (config.BosTokenId, config.PadTokenId).Should().Be((1, null));
        config.EosTokenIds.Should().Equal(2);
        config.SlidingWindow.Should().BeNull();
        config.SlidingLayers.Should().Equal(false, false);
        config.DataType.Should().Be("float32");
    }

    [Fact]
    public void Absent_keys_of_mistral_have_the_defaults_of_transformers()
    {
        DecoderConfig config = ParseFamily("MistralForCausalLM", ("num_attention_heads", 8), ("hidden_size", 16), ("num_key_value_heads", null));
        config.KeyValueHeadCount.Should().Be(8);
        config.MaxPositionEmbeddings.Should().Be(131_072);
        config.SlidingWindow.Should().Be(4096);
        config.SlidingLayers.Should().Equal(true, true);
        config.ModelType.Should().Be("mistral");
    }

    [Fact]
    public void Absent_keys_of_qwen_have_the_defaults_of_transformers()
    {
        DecoderConfig qwen2 = ParseFamily("Qwen2ForCausalLM", ("num_attention_heads", 32), ("hidden_size", 64), ("num_key_value_heads", null));
        (qwen2.KeyValueHeadCount, qwen2.MaxPositionEmbeddings, qwen2.AttentionBias, qwen2.AttentionOutputBias, qwen2.QueryKeyNorm)
            .Should().Be((32, 32_768, true, false, false));
        (qwen2.BosTokenId, qwen2.EosTokenIds.Count, qwen2.SlidingWindow).Should().Be((null, 0, null));

        DecoderConfig qwen3 = ParseFamily("Qwen3ForCausalLM", ("attention_bias", true));
        (qwen3.HeadDimension, qwen3.QueryKeyNorm, qwen3.AttentionBias, qwen3.AttentionOutputBias).Should().Be((128, true, true, true));
    }

    [Fact]
    public void Biases_are_where_each_family_has_them()
    {
        DecoderConfig llama = Parse(("attention_bias", true), ("mlp_bias", true));
        (llama.AttentionBias, llama.AttentionOutputBias, llama.MlpBias).Should().Be((true, true, true));
        DecoderConfig mistral = ParseFamily("MistralForCausalLM", ("attention_bias", true), ("mlp_bias", true));
        (mistral.AttentionBias, mistral.AttentionOutputBias, mistral.MlpBias).Should().Be((false, false, false));
    }

    [Fact]
    public void A_null_number_of_key_value_heads_means_as_many_as_heads()
    {
        JsonObject json = JsonNode.Parse(Fixtures.Config(("architectures", new[] { "Qwen2ForCausalLM" }), ("model_type", "qwen2")))!.AsObject();
        json["num_key_value_heads"] = null;
        DecoderConfig.Parse(Encoding.UTF8.GetBytes(json.ToJsonString()), "config.json").KeyValueHeadCount.Should().Be(2);
    }

    [Fact]
    public void The_model_type_alone_names_the_family() => Parse(("architectures", null), ("model_type", "qwen3")).Architecture.Should().Be("Qwen3ForCausalLM");

    [Fact]
    public void Both_spellings_mean_the_same()
    {
        var scaling = new Dictionary<string, object>
        {
            ["rope_type"] = "llama3",
            ["factor"] = 8.0,
            ["low_freq_factor"] = 1.0,
            ["high_freq_factor"] = 4.0,
            ["original_max_position_embeddings"] = 64,
        };
        DecoderConfig older = Parse(("rope_theta", 5e5), ("rope_scaling", scaling), ("torch_dtype", "bfloat16"));
        DecoderConfig newer = Parse(("rope_parameters", new Dictionary<string, object>(scaling) { ["rope_theta"] = 5e5 }), ("dtype", "bfloat16"));

        newer.Should().BeEquivalentTo(older, options => options.Excluding(c => c.Document));
        older.Rotary.Should().Be(new RotaryOptions
        {
            Type = RotaryType.Llama3,
            Theta = 5e5,
            Factor = 8,
            LowFrequencyFactor = 1,
            HighFrequencyFactor = 4,
            OriginalMaxPositionEmbeddings = 64,
        });
    }

    [Fact]
    public void Yarn_is_read_with_all_its_numbers_and_with_none()
    {
        Parse(("max_position_embeddings", 256), ("rope_scaling", new { type = "yarn", factor = 4, original_max_position_embeddings = 64 })).Rotary
            .Should().Be(new RotaryOptions { Type = RotaryType.Yarn, Factor = 4, OriginalMaxPositionEmbeddings = 64 });
        Parse(("max_position_embeddings", 256), ("rope_scaling", new { rope_type = "yarn", original_max_position_embeddings = 64 }))
            .Rotary.Factor.Should().Be(4);
        Parse(("max_position_embeddings", 256), ("rope_scaling", new { rope_type = "yarn", factor = 2 })).Rotary.OriginalMaxPositionEmbeddings.Should().Be(256);
        Parse(("rope_scaling", new
        {
            rope_type = "yarn",
            factor = 4.0,
            original_max_position_embeddings = 64,
            beta_fast = 16,
            beta_slow = 2,
            mscale = 1.0,
            mscale_all_dim = 0.5,
            attention_factor = 1.2,
            truncate = false,
        })).Rotary.Should().Be(new RotaryOptions
        {
            Type = RotaryType.Yarn,
            Factor = 4,
            OriginalMaxPositionEmbeddings = 64,
            BetaFast = 16,
            BetaSlow = 2,
            MScale = 1,
            MScaleAllDimensions = 0.5,
            AttentionFactor = 1.2,
            Truncate = false,
        });
    }

    [Theory]
    [InlineData("dynamic")]
    [InlineData("longrope")]
    [InlineData("mrope")]
    [InlineData("Llama3")]
    public void A_rotary_type_that_is_not_supported_is_refused_by_name(string type)
    {
        Action parse = () => Parse(("rope_scaling", new { rope_type = type, factor = 2.0 }));
        parse.Should().Throw<NotSupportedException>().WithMessage($"config.json: *'{type}'*default, linear, llama3 and yarn*");
    }

    [Fact]
    public void A_window_is_on_the_layers_that_the_file_says()
    {
        (string, object?)[] six = [("num_hidden_layers", 6)];
        ParseFamily("Qwen2ForCausalLM", [.. six, ("use_sliding_window", true), ("sliding_window", 24), ("max_window_layers", 4)])
            .SlidingLayers.Should().Equal(false, false, false, false, true, true);
        ParseFamily("Qwen3ForCausalLM", [.. six, ("use_sliding_window", true)])
            .Should().Match<DecoderConfig>(c => c.SlidingWindow == 4096 && !c.SlidingLayers.Contains(true));
        ParseFamily("Qwen2ForCausalLM", [.. six, ("use_sliding_window", false), ("sliding_window", 24), ("max_window_layers", 0)])
            .SlidingWindow.Should().BeNull();
        ParseFamily(
            "Qwen2ForCausalLM", ("use_sliding_window", true), ("sliding_window", 24), ("max_window_layers", 9),
            ("layer_types", new[] { "sliding_attention", "full_attention" }))
            .SlidingLayers.Should().Equal(true, false);
        ParseFamily("MistralForCausalLM", ("sliding_window", 24), ("layer_types", new[] { "sliding_attention", "sliding_attention" }))
            .SlidingLayers.Should().Equal(true, true);
    }

    [Theory]
    [InlineData("GPT2LMHeadModel")]
    [InlineData("LlamaForSequenceClassification")]
    [InlineData("Qwen2MoeForCausalLM")]
    public void An_unknown_architecture_is_refused_by_name_with_those_that_are_known(string architecture)
    {
        Action parse = () => ParseFamily(architecture);
        parse.Should().Throw<NotSupportedException>()
            .WithMessage($"config.json: *'{architecture}'*LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM*");
    }

    public static TheoryData<string, object, string> Unsupported => new()
    {
        { "hidden_act", "gelu", "*'gelu'*silu*" },
        { "quantization_config", new Dictionary<string, string> { ["quant_method"] = "awq" }, "*quantization_config*" },
        { "partial_rotary_factor", 0.5, "*partial_rotary_factor*" },
        { "layer_types", new[] { "chunked_attention", "full_attention" }, "*'chunked_attention'*" },
        { "rope_parameters", new Dictionary<string, object> { ["full_attention"] = new { rope_theta = 1.0 } }, "*per layer type*" },
    };

    [Theory, MemberData(nameof(Unsupported), DisableDiscoveryEnumeration = true)]
    public void What_is_not_computed_is_refused_by_name(string key, object value, string message)
    {
        Action parse = () => Parse((key, value));
        parse.Should().Throw<NotSupportedException>().WithMessage("config.json: *").WithMessage(message);
    }

    public static TheoryData<string, object, string> Contradictory => new()
    {
        { "num_key_value_heads", 3, "*num_attention_heads*2 is not divisible*3*" },
        { "num_attention_heads", 3, "*'hidden_size' 8 is not divisible*3*" },
        { "num_attention_heads", 0, "*num_attention_heads*0*positive*" },
        { "head_dim", 3, "*head_dim*3*even*" },
        { "head_dim", 0, "*'head_dim'*0*" },
        { "head_dim", -4, "*head_dim*-4*positive*" },
        { "vocab_size", 0, "*vocab_size*0*positive*" },
        { "vocab_size", -1, "*vocab_size*-1*" },
        { "vocab_size", 1e12, "*'vocab_size'*integer*" },
        { "vocab_size", "11", "*'vocab_size' is \"11\"*integer*" },
        { "hidden_size", 7.5, "*'hidden_size' is 7.5*integer*" },
        { "num_hidden_layers", 2_000_000_000, "*num_hidden_layers*2000000000*at most 4096*" },
        { "intermediate_size", -1, "*intermediate_size*-1*" },
        { "max_position_embeddings", 0, "*max_position_embeddings*0*" },
        { "rms_norm_eps", 0, "*rms_norm_eps*0*" },
        { "rms_norm_eps", "1e-5", "*'rms_norm_eps'*number*" },
        { "tie_word_embeddings", 1, "*'tie_word_embeddings' is 1*true or false*" },
        { "eos_token_id", new[] { 2, 11 }, "*eos_token_id*11*0 to 10*" },
        { "eos_token_id", new[] { "a" }, "*'eos_token_id'*" },
        { "pad_token_id", 11, "*pad_token_id*11*" },
        { "bos_token_id", -2, "*bos_token_id*-2*" },
        { "torch_dtype", "int8", "*'int8'*float32, bfloat16, float16*" },
        { "model_type", "qwen2", "*LlamaForCausalLM*'qwen2'*'llama'*" },
        { "rope_theta", 0, "*rope_theta*0*" },
        { "rope_scaling", "linear", "*'rope_scaling'*object*" },
        { "rope_scaling", new { rope_type = "linear" }, "*'rope_scaling.factor' is missing*" },
        { "rope_scaling", new { rope_type = "linear", factor = 0.5 }, "*factor*0.5*" },
        { "rope_scaling", new { rope_type = "llama3", factor = 8, low_freq_factor = 4, high_freq_factor = 1 }, "*low_freq_factor*" },
        { "rope_scaling", new { rope_type = "yarn", factor = 8, original_max_position_embeddings = 0 }, "*original_max_position_embeddings*0*" },
        { "layer_types", new[] { "full_attention" }, "*layer_types*" },
        { "layer_types", new[] { "sliding_attention", "full_attention" }, "*layer_types*" },
        { "architectures", "LlamaForCausalLM", "*'architectures'*list*" },
    };

    [Theory, MemberData(nameof(Contradictory), DisableDiscoveryEnumeration = true)]
    public void A_contradiction_is_refused_with_what_was_found_and_what_was_expected(string key, object value, string message)
    {
        Action parse = () => Parse((key, value));
        parse.Should().Throw<InvalidDataException>().WithMessage("config.json: *").WithMessage(message);
    }

    [Fact]
    public void The_two_spellings_may_not_contradict_each_other()
    {
        Action theta = () => Parse(("rope_theta", 1e4), ("rope_parameters", new { rope_theta = 1e6 }));
        Action scaling = () => Parse(("rope_scaling", new { rope_type = "linear", factor = 2 }), ("rope_parameters", new { rope_type = "default" }));
        Action type = () => Parse(("torch_dtype", "float32"), ("dtype", "bfloat16"));
        theta.Should().Throw<InvalidDataException>().WithMessage("*rope_theta*");
        scaling.Should().Throw<InvalidDataException>().WithMessage("*rope_scaling*");
        type.Should().Throw<InvalidDataException>().WithMessage("*torch_dtype*");
    }

    [Theory]
    [InlineData("vocab_size")]
    [InlineData("hidden_size")]
    [InlineData("intermediate_size")]
    [InlineData("num_hidden_layers")]
    [InlineData("num_attention_heads")]
    public void A_missing_size_is_refused_by_name(string key)
    {
        Action parse = () => Parse((key, null));
        parse.Should().Throw<InvalidDataException>().WithMessage($"config.json: '{key}' is missing*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"vocab_size\":1,\"vocab_size\":2}")]
    [InlineData("{\"architectures\":[\"\\ud800\"]}")]
    [InlineData("{\"architectures\":[\"LlamaForCausalLM\"],\"\\ud800\":1}")]
    [InlineData("{\"architectures\":[\"LlamaForCausalLM\"],\"unknown\":\"\\ud800\"}")]
    public void A_file_that_is_no_configuration_is_refused(string json)
    {
        Action parse = () => DecoderConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json");
        parse.Should().Throw<InvalidDataException>().WithMessage("config.json: *");
    }

    [Fact]
    public void A_mutated_file_is_refused_or_gives_a_configuration_that_can_be_written_and_read_again()
    {
        byte[] original = Fixtures.Config(
            ("rope_scaling", new { rope_type = "yarn", factor = 2, original_max_position_embeddings = 64 }),
            ("layer_types", new[] { "full_attention", "full_attention" }));
        byte[] alphabet = [.. "0123456789-.eEnull[]{}\",:tfras_\\u"u8, 0xFF];
        Gen.Select(Gen.Int[0, original.Length - 1], Gen.Int[0, alphabet.Length - 1]).Array[1, 5].Sample(changes =>
        {
            byte[] file = [.. original];
            foreach ((int at, int letter) in changes)
                file[at] = alphabet[letter];
            DecoderConfig config;
            try
            {
                config = DecoderConfig.Parse(file, "config.json");
            }
            catch (Exception exception) when (exception is InvalidDataException or NotSupportedException)
            {
                exception.Message.Should().StartWith("config.json: ");
                return;
            }
            DecoderConfig.Parse(config.ToJson(), "again").HeadDimension.Should().Be(config.HeadDimension);
        }, iter: long.TryParse(Environment.GetEnvironmentVariable("MLNETATTN_FUZZ"), out long iterations) ? iterations : 2_000, threads: 1);
    }

    [Fact]
    public void A_token_id_of_minus_one_means_none()
    {
        Parse(("pad_token_id", -1)).PadTokenId.Should().BeNull();
        Parse(("eos_token_id", -1)).EosTokenIds.Should().BeEmpty();
        Parse(("eos_token_id", new[] { -1, 3 })).EosTokenIds.Should().Equal(3);
    }

    [Theory]
    [InlineData(null, 2, null, 64)]
    [InlineData("llama3", 8, 16, 64)]
    [InlineData("yarn", 4, 64, 256)]
    [InlineData("yarn", 4, 16, 64)]
    [InlineData("yarn", 1.5, 50, 75)]
    [InlineData("yarn", 4, null, 256)]
    [InlineData("yarn", 1e12, 64, int.MaxValue)]
    [InlineData("linear", 4, null, 256)]
    [InlineData("linear", 4, 32, 128)]
    [InlineData("linear", 4, 16, 64)]
    public void Scaled_rotary_embeddings_lengthen_the_context(string? type, double factor, int? original, int context)
    {
        Dictionary<string, object> scaling = new() { ["factor"] = factor, ["low_freq_factor"] = 1, ["high_freq_factor"] = 4 };
        if (type is not null) scaling["rope_type"] = type;
        if (original is not null) scaling["original_max_position_embeddings"] = original;
        DecoderConfig config = Parse(("max_position_embeddings", 64), ("rope_scaling", scaling));
        (config.MaxPositionEmbeddings, config.ContextLength).Should().Be((64, context));
        DecoderConfig.Parse(config.ToJson(), "again").ContextLength.Should().Be(context);
        // Written without the file that it came from.
        DecoderConfig made = new()
        {
            VocabularySize = 11,
            HiddenSize = 8,
            IntermediateSize = 12,
            LayerCount = 1,
            HeadCount = 2,
            MaxPositionEmbeddings = 64,
            Rotary = config.Rotary,
        };
        DecoderConfig.Parse(made.ToJson(), "made").ContextLength.Should().Be(context);
    }

    [Fact]
    public void Writing_a_file_of_transformers_5_adds_the_older_spelling()
    {
        JsonObject json = JsonNode.Parse(Parse(
            ("rope_parameters", new { rope_type = "linear", factor = 2.0, rope_theta = 5e5 }),
            ("dtype", "bfloat16"),
            ("unknown", 7)).ToJson())!.AsObject();
        json["rope_theta"]!.GetValue<double>().Should().Be(5e5);
        json["rope_scaling"]!["factor"]!.GetValue<double>().Should().Be(2);
        json["rope_parameters"]!["factor"]!.GetValue<double>().Should().Be(2);
        json["torch_dtype"]!.GetValue<string>().Should().Be("bfloat16");
        json["unknown"]!.GetValue<int>().Should().Be(7);
    }
}
