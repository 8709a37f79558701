using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

/// <summary>A golden model folder with what transformers computes from it.</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly Dictionary<string, Tensor> _expected;

    private GoldenModel(CausalLanguageModel model, Dictionary<string, Tensor> expected) => (Model, _expected) = (model, expected);

    public CausalLanguageModel Model { get; }

    public Tensor this[string name] => _expected[name];

    /// <summary>Every folder under <c>models</c>.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names => Golden.Folders("models", "golden.safetensors");

    public static GoldenModel Load(string name)
    {
        string folder = Golden.Require("models", name);
        return new GoldenModel(CausalLanguageModel.FromPretrained(folder), SafetensorsReader.ReadAll(Path.Combine(folder, "golden.safetensors")));
    }

    /// <summary>Rows of an integer tensor [B, T].</summary>
    public int[][] Ids(string name)
    {
        long[,] ids = ToArray(this[name].to(ScalarType.Int64));
        return [.. Enumerable.Range(0, ids.GetLength(0)).Select(row => Enumerable.Range(0, ids.GetLength(1)).Select(t => (int)ids[row, t]).ToArray())];
    }

    /// <summary>The rows of the padded batch without their padding.</summary>
    public int[][] BatchPrompts()
    {
        int[][] ids = Ids("batch.input_ids"), mask = Ids("batch.attention_mask");
        return [.. ids.Zip(mask, (row, real) => row.Where((_, t) => real[t] != 0).ToArray())];
    }

    public void Dispose()
    {
        Model.Dispose();
        foreach (Tensor tensor in _expected.Values) tensor.Dispose();
    }

    private static long[,] ToArray(Tensor tensor)
    {
        long[] flat = [.. tensor.contiguous().data<long>()];
        long[,] result = new long[tensor.shape[0], tensor.shape[1]];
        Buffer.BlockCopy(flat, 0, result, 0, flat.Length * sizeof(long));
        return result;
    }
}
