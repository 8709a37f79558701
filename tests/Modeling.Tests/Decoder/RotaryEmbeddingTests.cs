using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class RotaryEmbeddingTests
{
    [Theory]
    [InlineData(RotaryType.Yarn)]
    [InlineData(RotaryType.Linear)]
    public void Positions_beyond_the_length_before_scaling_are_those_of_the_length_after(RotaryType type)
    {
        using CausalLanguageModel before = TinyModel.Create(config: Config(type, maximum: 64)), after = TinyModel.Create(config: Config(type, maximum: 512));
        int[] prompt = TinyModel.Ids(60, 1);
        var options = new GenerationOptions { MaxNewTokens = 452, Temperature = 0, StopTokenIds = [] };
        GeneratedSequence written = before.Generate([prompt], options)[0];
        written.TokenIds.Should().HaveCount(452).And.Equal(after.Generate([prompt], options)[0].TokenIds);

        using Tensor ids = tensor([.. prompt.Concat(written.TokenIds).Select(id => (long)id)], [1, 512]);
        using Tensor logits = before.Forward(ids), expected = after.Forward(ids);
        logits.eq(expected).all().ToBoolean().Should().BeTrue("finite, and the same to the bit");

        FluentActions.Invoking(() => before.Generate([prompt], options with { MaxNewTokens = 453 }))
            .Should().Throw<ArgumentException>().WithMessage("Row 0: *model's context of 512*");
    }

    private static DecoderConfig Config(RotaryType type, int maximum) => new()
    {
        VocabularySize = 50,
        HiddenSize = 32,
        IntermediateSize = 48,
        LayerCount = 2,
        HeadCount = 4,
        MaxPositionEmbeddings = maximum,
        Rotary = new RotaryOptions { Type = type, Factor = 8, OriginalMaxPositionEmbeddings = 64 },
    };
}
