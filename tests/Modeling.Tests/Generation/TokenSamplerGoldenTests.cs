using System.Text.Json;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class TokenSamplerGoldenTests
{
    [Fact]
    public void Distributions_equal_those_that_transformers_samples_from()
    {
        foreach (JsonElement test in Golden.Json("sampling", "cases.json").EnumerateArray())
        {
            using var scope = NewDisposeScope();
            JsonElement settings = test.GetProperty("settings");
            var options = new GenerationOptions
            {
                Temperature = Number(settings, "temperature", 1),
                TopK = (int)Number(settings, "top_k", 0),
                TopP = Number(settings, "top_p", 1),
                MinP = Number(settings, "min_p", 0),
                RepetitionPenalty = Number(settings, "repetition_penalty", 1),
            };
            float[] logits = test.GetProperty("logits").Deserialize<float[]>()!;
            Tensor seen = zeros(1, logits.Length, dtype: ScalarType.Bool);
            foreach (int id in test.GetProperty("previous_ids").Deserialize<int[]>()!) seen[0, id] = true;

            float[] found = [.. TokenSampler.Distribution(tensor(logits).unsqueeze(0), options, seen).squeeze(0).data<float>()];
            double[] expected = test.GetProperty("probabilities").Deserialize<double[]>()!;
            for (int i = 0; i < expected.Length; i++)
            {
                found[i].Should().BeApproximately((float)expected[i], 1e-6f, $"token {i} with {settings}");
                (found[i] == 0).Should().Be(expected[i] == 0, $"token {i} with {settings}");
            }
        }
    }

    private static double Number(JsonElement settings, string name, double otherwise) =>
        settings.TryGetProperty(name, out JsonElement value) ? value.GetDouble() : otherwise;
}
