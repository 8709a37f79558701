using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling.Tests;

public class LoraConfigFileTests
{
    [Fact]
    public void What_is_written_is_read()
    {
        var options = new LoraOptions { Rank = 5, Alpha = 2.5, UseRslora = true, Dropout = 0.05, TargetModules = ["v_proj", "layers.1.mlp.up_proj"] };
        string json = Encoding.UTF8.GetString(LoraConfigFile.Write(options, options.TargetModules, new BaseModelReference("org/base", "v2")));
        json.Should().Contain("\"lora_alpha\": 2.5").And.Contain("\"lora_dropout\": 0.05").And.EndWith("}\n");
        (LoraOptions read, BaseModelReference baseModel) = LoraConfigFile.Read(new Source(json));
        read.Should().BeEquivalentTo(new LoraOptions
        {
            Rank = 5,
            Alpha = 2.5,
            UseRslora = true,
            Dropout = 0.05,
            TargetModules = ["layers.1.mlp.up_proj", "v_proj"],
        });
        baseModel.Should().Be(new BaseModelReference("org/base", "v2"));
    }

    [Theory]
    [InlineData("use_dora", "true")]
    [InlineData("use_qalora", "true")]
    [InlineData("lora_bias", "true")]
    [InlineData("bias", "\"lora_only\"")]
    [InlineData("modules_to_save", "[\"lm_head\"]")]
    [InlineData("layers_to_transform", "[0,1]")]
    [InlineData("rank_pattern", "{\"q_proj\":16}")]
    [InlineData("alpha_pattern", "{\"q_proj\":16}")]
    [InlineData("fan_in_fan_out", "true")]
    [InlineData("init_lora_weights", "\"pissa\"")]
    [InlineData("trainable_token_indices", "[3]")]
    [InlineData("task_type", "\"SEQ_CLS\"")]
    [InlineData("target_modules", "\".*_proj\"")]
    [InlineData("peft_type", "\"VERA\"")]
    [InlineData("of_a_later_version", "0.5")]
    public void What_is_not_supported_is_refused_by_name(string key, string value) =>
        Reading(key, value).Should().Throw<NotSupportedException>().WithMessage($"*adapter_config.json*{key} = {value}*not supported*");

    [Theory]
    [InlineData("use_dora", "false")]
    [InlineData("modules_to_save", "null")]
    [InlineData("layers_pattern", "\"\"")]
    [InlineData("init_lora_weights", "\"gaussian\"")]
    [InlineData("task_type", "null")]
    [InlineData("revision", "\"main\"")]
    [InlineData("auto_mapping", "{\"base_model_class\": \"LlamaForCausalLM\"}")]
    [InlineData("of_a_later_version", "[]")]
    public void What_asks_for_nothing_is_read_over(string key, string value) => Reading(key, value).Should().NotThrow();

    [Theory]
    [InlineData("r", "0", "*Rank is 0*")]
    [InlineData("r", "\"8\"", "*'r' is \"8\"*integer*")]
    [InlineData("lora_alpha", "null", "*'lora_alpha' is missing*")]
    [InlineData("lora_dropout", "1.5", "*Dropout is 1.5*")]
    [InlineData("target_modules", "null", "*'target_modules' is missing*")]
    [InlineData("target_modules", "[]", "*TargetModules*at least one*")]
    [InlineData("target_modules", "[3]", "*target_modules*text*")]
    [InlineData("use_rslora", "1", "*use_rslora*true or false*")]
    [InlineData("peft_type", "null", "*'peft_type' is missing*")]
    public void Values_out_of_range_are_refused_by_name(string key, string value, string message) =>
        Reading(key, value).Should().Throw<InvalidDataException>().WithMessage(message);

    [Fact]
    public void A_damaged_file_is_named()
    {
        FluentActions.Invoking(() => LoraConfigFile.Read(new Source("{\"r\": 8")))
            .Should().Throw<InvalidDataException>().WithMessage("*adapter_config.json*no valid JSON*");
        FluentActions.Invoking(() => LoraConfigFile.Read(new Source("[]"))).Should().Throw<InvalidDataException>().WithMessage("*adapter_config.json*object*");
    }

    [Fact]
    public void All_linear_may_be_a_text() =>
        LoraConfigFile.Read(new Source(With("target_modules", "\"all-linear\""))).Options.TargetModules.Should().Equal("all-linear");

    private static Action Reading(string key, string value) => () => LoraConfigFile.Read(new Source(With(key, value)));

    private static string With(string key, string value)
    {
        JsonObject json = JsonNode.Parse(LoraConfigFile.Write(new LoraOptions(), ["q_proj"], default))!.AsObject();
        json[key] = JsonNode.Parse(value);
        return json.ToJsonString(new JsonSerializerOptions
        {
            Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            WriteIndented = false,
        });
    }

    private sealed class Source(string json) : ICheckpointSource
    {
        public string Location => "an adapter";

        public bool Exists(string file) => file == "adapter_config.json";

        public Stream OpenRead(string file) => new MemoryStream(Encoding.UTF8.GetBytes(json));
    }
}
