namespace MLNetAttn.QuickStart;

/// <summary>What the command line asks for.</summary>
internal sealed record Settings(string? Model, string Prompt, int Seed, int Steps, string? Picture)
{
    private const string Usage = "QuickStart [--seed N] [--steps N] [--picture FILE.svg] | --model FOLDER [--prompt TEXT] [--picture FILE.svg]";

    public static Settings Parse(string[] args)
    {
        var settings = new Settings(
            Model: null,
            "Question: A baker has 12 trays of 8 rolls and sells 70 rolls. How many rolls are left? Let us think step by step.\nAnswer:",
            Seed: 1,
            Steps: 80,
            Picture: null);
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : throw new ArgumentException($"'{args[i]}' needs a value. Usage: {Usage}");
            settings = args[i] switch
            {
                "--model" when !Directory.Exists(value) => throw new ArgumentException($"There is no folder '{value}': --model takes a local one. Usage: {Usage}"),
                "--model" => settings with { Model = value },
                "--prompt" => settings with { Prompt = value },
                "--picture" => settings with { Picture = value },
                "--seed" when int.TryParse(value, out int seed) => settings with { Seed = seed },
                "--steps" when int.TryParse(value, out int steps) && steps > 0 => settings with { Steps = steps },
                _ => throw new ArgumentException($"'{args[i]} {value}' is not understood. Usage: {Usage}"),
            };
        }
        return settings;
    }
}

/// <summary>A row with a prompt.</summary>
internal sealed class Question
{
    public string Prompt { get; set; } = "";
}
