using System.Text.Json;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

/// <summary>A golden adapter with what PEFT computes with it.</summary>
internal sealed class LoraGolden : IDisposable
{
    private const string Part = "lora";

    private readonly Dictionary<string, Tensor> _expected;

    public LoraGolden(string name)
    {
        Folder = Golden.Require(Part, name);
        _expected = SafetensorsReader.ReadAll(Path.Combine(Folder, "expected.safetensors"));
        Base = CausalLanguageModel.FromPretrained(Golden.AdapterBase(Folder));
        Model = Base.WithAdapter(Folder);
    }

    /// <summary>Every folder of golden adapters.</summary>
    public static IEnumerable<TheoryDataRow<string>> Names => Golden.Folders(Part, "adapter_config.json");

    public string Folder { get; }

    /// <summary>The model without the adapter.</summary>
    public CausalLanguageModel Base { get; }

    /// <summary>The model with it.</summary>
    public CausalLanguageModel Model { get; }

    public JsonElement Json => Golden.Json(Part, Path.GetFileName(Folder), "expected.json");

    public Tensor this[string name] => _expected[name];

    /// <summary>The golden tensors under a prefix, which is cut off.</summary>
    public IEnumerable<(string Name, Tensor Tensor)> Under(string prefix) =>
        _expected.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => (entry.Key[prefix.Length..], entry.Value));

    public void Dispose()
    {
        Model.Dispose();
        Base.Dispose();
        foreach (Tensor tensor in _expected.Values) tensor.Dispose();
    }
}
