using System.CommandLine;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Cli;

/// <summary>Options that several commands have.</summary>
internal static class SharedOptions
{
    public static Option<DirectoryInfo> Model() => new("--model", "-m") { Description = "Folder of a Hugging Face model: config.json, safetensors, tokenizer.json.", Required = true, HelpName = "DIR" };

    public static Option<string?> Input() => new("--input", "-i") { Description = "JSON lines to read; left out or -: standard input.", HelpName = "FILE" };

    public static Option<string?> Output() => new("--output", "-o") { Description = "JSON lines to write, row by row; left out or -: standard output.", HelpName = "FILE" };

    public static Option<bool> Strict() => new("--strict") { Description = "Stop at the first bad row, instead of writing an error in its place and going on." };

    public static Option<int> BatchSize(int size) => new("--batch-size") { Description = "Rows that are computed together: more take more memory and less time. Rows of standard input are answered when a batch is full.", DefaultValueFactory = _ => size, HelpName = "N" };

    public static Option<string> DataType()
    {
        Option<string> option = new("--dtype") { Description = "Type of the weights in memory. bfloat16 takes half the memory; docs/precision.md says what it changes.", DefaultValueFactory = _ => "float32" };
        option.AcceptOnlyFromAmong("float32", "bfloat16");
        return option;
    }

    public static Option<string> Device() => new("--device") { Description = "cpu, cuda or cuda:1, ...", DefaultValueFactory = _ => "cpu" };

    /// <summary>Loads the model that the options name.</summary>
    public static CausalLanguageModel Load(DirectoryInfo folder, string dataType, string device) => CausalLanguageModel.FromPretrained(
        folder.FullName, new ModelLoadOptions { DataType = dataType == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32, Device = TorchSharp.torch.device(device) });
}
