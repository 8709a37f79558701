using System.Text.Json;
using Microsoft.ML.Data;

namespace MLNetAttn.Estimators.Tests;

/// <summary>A prompt with the response to learn, as token ids.</summary>
internal sealed class SupervisedRow
{
    [VectorType]
    public int[] Prompt { get; set; } = [];

    [VectorType]
    public int[] Response { get; set; } = [];

    /// <summary>The rows of a golden batch: padded on the right, with labels of -100 outside the response.</summary>
    public static IEnumerable<SupervisedRow> Of(JsonElement batch)
    {
        int[][] ids = batch.Value<int[][]>("input_ids"), mask = batch.Value<int[][]>("attention_mask"), labels = batch.Value<int[][]>("labels");
        for (int row = 0; row < ids.Length; row++)
        {
            int length = mask[row].Sum(), prompt = Array.FindIndex(labels[row], label => label != -100);
            yield return new SupervisedRow { Prompt = ids[row][..prompt], Response = ids[row][prompt..length] };
        }
    }
}
