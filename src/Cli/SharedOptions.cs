using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Cli;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
    /// <summary>What names a device.</summary>
    public const string Devices = "cpu, cuda, or cuda:1 and so on";

    public static Option<DirectoryInfo> Model() => new("--model", "-m")
    {
        Description = "Folder of a Hugging Face model: config.json, safetensors, tokenizer.json.",
        Required = true,
        HelpName = "DIR",
    };

    public static Option<string?> Input() => new("--input", "-i") { Description = "JSON lines to read; left out or -: standard input.", HelpName = "FILE" };

    public static Option<string?> Output() => new("--output", "-o")
    {
        Description = "JSON lines to write, row by row; left out or -: standard output.",
        HelpName = "FILE",
    };

    public static Option<bool> Strict() => new("--strict")
    {
        Description = "Stop at the first bad row, instead of writing an error in its place and going on.",
    };

    public static Option<int> BatchSize(int size) => new("--batch-size")
    {
        Description =
            "Rows that are computed together: more take more memory and less time. Rows of standard input are answered when a batch is full.",
        DefaultValueFactory = _ => size,
        HelpName = "N",
    };

    public static Option<string> DataType()
    {
        Option<string> option = new("--dtype")
        {
            Description = "Type of the weights in memory. bfloat16 takes half the memory; docs/precision.md says what it changes.",
            DefaultValueFactory = _ => "float32",
        };
        option.AcceptOnlyFromAmong("float32", "bfloat16");
        return option;
    }

    public static Option<string> Device()
    {
        Option<string> device = new("--device") { Description = $"{Devices}.", DefaultValueFactory = _ => "cpu" };
        device.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !IsDevice(token.Value)) result.AddError($"--device is {token.Value}, expected {Devices}.");
        });
        return device;
    }

    /// <summary>Refuses numbers below 0.</summary>
    public static void AtLeastZero(OptionResult result)
    {
        if (result.Tokens is [var token] && token.Value.StartsWith('-')) result.AddError($"{result.Option.Name} is {token.Value}, expected 0 or more.");
    }

    /// <summary>Whether a text names one; whether the machine has it is found when the model is loaded.</summary>
    public static bool IsDevice(string text) =>
        text is "cpu" or "cuda"
        || (text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>What --dtype names.</summary>
    public static ScalarType Type(string dataType) => dataType == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>Loads a model, with an adapter on it if one is named.</summary>
    public static CausalLanguageModel Load(string folder, string? adapter, ScalarType dataType, string device)
    {
        CausalLanguageModel model = CausalLanguageModel.FromPretrained(
            folder, new ModelLoadOptions { DataType = dataType, Device = TorchSharp.torch.device(device) });
        if (adapter is null) return model;
        using (model) return model.WithAdapter(adapter);
    }
}
