using System.CommandLine;
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

    public static Option<int> BatchSize(int size) => AtLeast(
        new Option<int>("--batch-size")
        {
            Description =
                "Rows that are computed together: more take more memory and less time. Rows of standard input are answered when a batch is full.",
            DefaultValueFactory = _ => size,
            HelpName = "N",
        },
        least: 1);

    public static Choice<WeightType> DataType() => new(
        "--dtype", "Type of the weights in memory. bfloat16 takes half the memory; docs/precision.md says what it changes.", WeightType.Float32);

    public static Option<string> Device()
    {
        Option<string> device = new("--device") { Description = $"{Devices}.", DefaultValueFactory = _ => "cpu" };
        device.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !IsDevice(token.Value)) result.AddError($"--device is {token.Value}, expected {Devices}.");
        });
        return device;
    }

    public static Option<bool> Json() => new("--json") { Description = "JSON instead of a table." };

    /// <summary>An option that refuses numbers below a least one.</summary>
    public static Option<int> AtLeast(Option<int> option, int least)
    {
        // What is no number has an error already.
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) && value < least)
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {value}, expected {least} or more."));
        });
        return option;
    }

    /// <summary>Whether a text names one; whether the machine has it is found when the model is loaded.</summary>
    public static bool IsDevice(string text) =>
        text is "cpu" or "cuda"
        || (text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan("cuda:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>Finds whether this machine has a device, before anything is loaded or written.</summary>
    /// <param name="name">What names the device: an option, or a key of a configuration.</param>
    /// <param name="device">The device.</param>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    public static void RequireDevice(string name, string device)
    {
        try
        {
            using Tensor nothing = empty(0, device: TorchSharp.torch.device(device));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // What torch says goes on with a trace of what it tried, which is often empty.
            string why = exception.Message.Split('\n')[0].Split(" Trace from", 2)[0].Trim();
            throw new InvalidOperationException(
                $"{name} is {device}, which cannot be used here: {why} Use cpu, or, where there is such a GPU, a build for it (docs/cli.md, Install it).",
                exception);
        }
    }

    /// <summary>Loads a model, with an adapter on it if one is named.</summary>
    public static CausalLanguageModel Load(string folder, string? adapter, WeightType dataType, string device)
    {
        CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder, new ModelLoadOptions
        {
            DataType = dataType == WeightType.Bfloat16 ? ScalarType.BFloat16 : ScalarType.Float32,
            Device = TorchSharp.torch.device(device),
        });
        if (adapter is null) return model;
        using (model) return model.WithAdapter(adapter);
    }
}
