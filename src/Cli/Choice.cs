using System.CommandLine;

namespace MLNetAttn.Cli;

/// <summary>An option whose values are those of an enumeration: in snake_case, as in configurations, or as they are in C#.</summary>
internal sealed class Choice<T>
    where T : struct, Enum
{
    private readonly T[] _values;

    /// <param name="name">The option's name.</param>
    /// <param name="description">What it says.</param>
    /// <param name="usual">What it is by default; null = it has to be given.</param>
    /// <param name="without">Values that are not to be had here.</param>
    public Choice(string name, string description, T? usual, params T[] without)
    {
        _values = [.. Enum.GetValues<T>().Except(without)];
        string[] names = [.. _values.Select(value => ConfigWording.Of(value))];
        Option = new Option<string>(name) { Description = description, Required = usual is null, HelpName = string.Join('|', names) };
        if (usual is { } value) Option.DefaultValueFactory = _ => ConfigWording.Of(value);
        Option.CompletionSources.Add(names);
        Option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && Find(token.Value) is null)
                result.AddError($"{name} is {token.Value}, expected one of {string.Join(", ", names)}.");
        });
    }

    /// <summary>The option, for a command.</summary>
    public Option<string> Option { get; }

    /// <summary>What was chosen.</summary>
    public T Read(ParseResult parsed) => Find(parsed.GetRequiredValue(Option))!.Value;

    private T? Find(string text) => _values
        .Where(value => string.Equals(value.ToString(), text.Replace("_", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
        .Select(value => (T?)value)
        .FirstOrDefault();
}
