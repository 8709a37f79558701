using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Adapters that change what a model computes.</summary>
internal static class TinyAdapter
{
    public static LoraOptions AllLinear { get; } = new() { Rank = 3, Alpha = 6, TargetModules = LoraOptions.AllLinear };

    /// <summary>The model with an adapter whose B is random, as after training.</summary>
    public static CausalLanguageModel WithTrained(this CausalLanguageModel model, LoraOptions? options = null, double size = 0.2)
    {
        CausalLanguageModel adapted = model.WithAdapter(options ?? AllLinear);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        foreach (Tensor matrix in adapted.AdapterParameters.Where(entry => entry.Key.Contains("lora_B")).Select(entry => entry.Value))
            matrix.copy_(randn(matrix.shape, generator: generator).Times(size));
        return adapted;
    }

    /// <summary>The logits of two rows of ids.</summary>
    public static float[] Logits(this CausalLanguageModel model)
    {
        using var scope = NewDisposeScope();
        return [.. model.Forward(tensor(TinyModel.Ids(24, 1).Select(id => (long)id).ToArray(), [2, 12])).data<float>()];
    }

    public static double LargestDifference(this float[] a, float[] b) => a.Zip(b, (x, y) => Math.Abs(x - y)).Max();
}
