namespace MLNetAttn.Modeling.Tests;

/// <summary>Configurations that are made in code, not read.</summary>
public sealed class DecoderConfigInCodeTests
{
    public static TheoryData<DecoderConfig> Made => new(
        Llama(),
        new DecoderConfig
        {
            VocabularySize = 50,
            HiddenSize = 8,
            IntermediateSize = 12,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 2,
            HeadDimension = 6,
            MaxPositionEmbeddings = 256,
            RmsNormEpsilon = 1e-5,
            TieWordEmbeddings = true,
            AttentionBias = true,
            AttentionOutputBias = true,
            MlpBias = true,
            BosTokenId = 1,
            PadTokenId = 0,
            EosTokenIds = [2, 3],
            DataType = "bfloat16",
            Rotary = new RotaryOptions
            {
                Type = RotaryType.Yarn,
                Theta = 1e6,
                Factor = 2,
                OriginalMaxPositionEmbeddings = 128,
                AttentionFactor = 1.1,
                Truncate = false,
                BetaFast = 30,
            },
        },
        new DecoderConfig
        {
            Architecture = "Qwen3ForCausalLM",
            VocabularySize = 50,
            HiddenSize = 8,
            IntermediateSize = 12,
            LayerCount = 3,
            HeadCount = 2,
            QueryKeyNorm = true,
            SlidingWindow = 16,
            SlidingLayers = [false, true, false],
            Rotary = new RotaryOptions { Type = RotaryType.Llama3, Factor = 8, OriginalMaxPositionEmbeddings = 64 },
        },
        new DecoderConfig
        {
            Architecture = "Qwen2ForCausalLM",
            VocabularySize = 50,
            HiddenSize = 8,
            IntermediateSize = 12,
            LayerCount = 3,
            HeadCount = 2,
            AttentionBias = true,
        },
        new DecoderConfig
        {
            Architecture = "MistralForCausalLM",
            VocabularySize = 50,
            HiddenSize = 8,
            IntermediateSize = 12,
            LayerCount = 3,
            HeadCount = 2,
            SlidingWindow = 16,
        });

    [Theory, MemberData(nameof(Made), DisableDiscoveryEnumeration = true)]
    public void A_configuration_made_in_code_is_written_and_read_again(DecoderConfig made) =>
        DecoderConfig.Parse(made.ToJson(), "config.json").Should().BeEquivalentTo(made, options => options.Excluding(c => c.Document));

    [Fact]
    public void Everything_wrong_with_one_made_in_code_is_said_at_once()
    {
        Action write = () => new DecoderConfig
        {
            Architecture = "MistralForCausalLM",
            VocabularySize = 0,
            HiddenSize = -1,
            IntermediateSize = 12,
            LayerCount = 2,
            HeadCount = 4,
            KeyValueHeadCount = 3,
            HeadDimension = 5,
            MlpBias = true,
            QueryKeyNorm = true,
            AttentionOutputBias = true,
            SlidingWindow = 8,
            SlidingLayers = [true],
            DataType = "int8",
            Rotary = new RotaryOptions { Theta = double.NaN },
        }.ToJson();
        write.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll(
            "VocabularySize", "HiddenSize", "KeyValueHeadCount", "HeadDimension",
            "MlpBias", "QueryKeyNorm", "AttentionOutputBias", "SlidingLayers", "DataType", "Theta");
    }

    private static DecoderConfig Llama() => new() { VocabularySize = 11, HiddenSize = 8, IntermediateSize = 12, LayerCount = 2, HeadCount = 2 };
}
