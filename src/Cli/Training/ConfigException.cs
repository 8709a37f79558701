namespace MLNetAttn.Cli;

/// <summary>A configuration is wrong; the message has a line for each thing.</summary>
internal sealed class ConfigException : Exception
{
    public ConfigException(IReadOnlyCollection<string> problems)
        : base(string.Join('\n', problems)) => Problems = problems;

    /// <summary>What is wrong; each begins with the path of what it is about.</summary>
    public IReadOnlyCollection<string> Problems { get; }

    /// <exception cref="ConfigException">There are problems.</exception>
    public static void ThrowIfAny(IReadOnlyCollection<string> problems)
    {
        if (problems.Count > 0) throw new ConfigException(problems);
    }
}
