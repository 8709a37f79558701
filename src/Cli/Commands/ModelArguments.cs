using System.CommandLine;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>Which model a command works with.</summary>
internal sealed class ModelArguments
{
    private readonly Option<DirectoryInfo> _model = SharedOptions.Model();
    private readonly Option<DirectoryInfo?> _adapter = new("--adapter")
    {
        Description = "Folder of a LoRA adapter of that model, as PEFT writes it or a run's checkpoint holds it: adapter_config.json, adapter_model.safetensors.",
        HelpName = "DIR",
    };
    private readonly Choice<WeightType> _dataType = SharedOptions.DataType();
    private readonly Option<string> _device = SharedOptions.Device();

    /// <param name="optional">What the model is for where a command can do without it; null = it cannot.</param>
    public ModelArguments(string? optional = null)
    {
        if (optional is null) return;
        (_model.Description, _model.Required) = (optional, false);
        _adapter.Validators.Add(result =>
        {
            if (result.GetResult(_model) is null) result.AddError("--adapter needs --model, the model that it belongs to.");
        });
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        // What a command cannot do without is what its help begins with.
        command.Options.Insert(0, _model);
        command.Options.Insert(1, _adapter);
        command.Options.Add(_dataType.Option);
        command.Options.Add(_device);
    }

    /// <summary>Loads the model that was asked for.</summary>
    public CausalLanguageModel Load(ParseResult parsed)
    {
        string device = parsed.GetRequiredValue(_device);
        SharedOptions.RequireDevice("--device", device);
        return SharedOptions.Load(parsed.GetRequiredValue(_model).FullName, parsed.GetValue(_adapter)?.FullName, _dataType.Read(parsed), device);
    }

    /// <summary>Loads it where it was asked for; else null.</summary>
    public CausalLanguageModel? LoadIfGiven(ParseResult parsed) => parsed.GetValue(_model) is null ? null : Load(parsed);
}
