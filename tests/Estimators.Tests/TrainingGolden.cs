using System.Text.Json;
using MLNetAttn.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Estimators.Tests;

/// <summary>The tensors of golden training runs, held against parameters under Hugging Face names.</summary>
internal sealed class TrainingGolden : IDisposable
{
    public const string Folder = "training-step";

    private readonly Dictionary<string, Tensor> _tensors;

    /// <param name="file">A safetensors file of the folder.</param>
    public TrainingGolden(string file) => _tensors = SafetensorsReader.ReadAll(Golden.Require(Folder, file));

    public static CausalLanguageModel LoadModel() => CausalLanguageModel.FromPretrained(Golden.Require(Folder, "model"));

    /// <summary>Asserts that every golden tensor under a prefix has its equal.</summary>
    /// <param name="prefix">The prefix, which is cut off.</param>
    /// <param name="find">The parameter of a name.</param>
    /// <param name="largest">The most that any element may differ.</param>
    /// <param name="mean">The most that all elements together may differ on average.</param>
    /// <exception cref="Exception">One differs, or there are none.</exception>
    public void ShouldMatch(string prefix, Func<string, Tensor> find, double largest, double mean = double.PositiveInfinity)
    {
        double sum = 0;
        long count = 0;
        foreach ((string name, Tensor expected) in _tensors.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)))
        {
            using var scope = NewDisposeScope();
            Tensor difference = (find(name[prefix.Length..]).detach() - expected).abs();
            difference.max().ToDouble().Should().BeLessThanOrEqualTo(largest, name);
            sum += difference.sum(ScalarType.Float64).ToDouble();
            count += difference.numel();
        }
        count.Should().BePositive($"there are tensors {prefix}*");
        (sum / count).Should().BeLessThanOrEqualTo(mean, "that is the mean difference over all parameters");
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _tensors.Values) tensor.Dispose();
    }

    /// <summary>The rows of an id tensor where its mask is 1.</summary>
    public static int[][] Rows(JsonElement batch, string ids, string mask) =>
        [.. batch.Value<int[][]>(ids).Zip(batch.Value<int[][]>(mask), (row, real) => row.Where((_, t) => real[t] == 1).ToArray())];
}
