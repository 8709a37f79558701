namespace MLNetAttn.Modeling.Tests;

public sealed class RotaryOptionsTests
{
    [Fact]
    public void Only_yarn_scales_cosine_and_sine()
    {
        new RotaryOptions().ResolveAttentionFactor().Should().Be(1);
        new RotaryOptions { Type = RotaryType.Linear, Factor = 4 }.ResolveAttentionFactor().Should().Be(1);
        new RotaryOptions { Type = RotaryType.Llama3, Factor = 4 }.ResolveAttentionFactor().Should().Be(1);
        new RotaryOptions { Type = RotaryType.Yarn, Factor = 4 }.ResolveAttentionFactor().Should().BeApproximately(0.1 * Math.Log(4) + 1, 1e-15);
        new RotaryOptions { Type = RotaryType.Yarn, Factor = 1 }.ResolveAttentionFactor().Should().Be(1);
    }

    [Fact]
    public void A_given_factor_comes_before_the_two_scales_and_they_before_the_default()
    {
        RotaryOptions scales = new() { Type = RotaryType.Yarn, Factor = 40, MScale = 1, MScaleAllDimensions = 0.5 };
        scales.ResolveAttentionFactor().Should().BeApproximately((0.1 * Math.Log(40) + 1) / (0.05 * Math.Log(40) + 1), 1e-15);
        (scales with { MScaleAllDimensions = null }).ResolveAttentionFactor().Should().BeApproximately(0.1 * Math.Log(40) + 1, 1e-15);
        (scales with { AttentionFactor = 1.5 }).ResolveAttentionFactor().Should().Be(1.5);
    }
}
