using System.Globalization;

namespace MLNetAttn.Modeling;

/// <summary>Collects every option that is out of range, so that a caller learns of all of them at once.</summary>
internal sealed class Violations
{
    private readonly List<OptionViolation> _found = [];

    /// <summary>Notes a violation unless <paramref name="holds"/>.</summary>
    /// <param name="holds">Whether the option is in range.</param>
    /// <param name="option">The option's name.</param>
    /// <param name="found">Its value.</param>
    /// <param name="expected">The range, and what to do where that is not plain.</param>
    public void Require(bool holds, string option, object? found, string expected)
    {
        if (!holds) _found.Add(new OptionViolation(option, string.Create(CultureInfo.InvariantCulture, $"{found ?? "null"}"), expected));
    }

    /// <summary>Notes a value that its enumeration does not have.</summary>
    public void RequireDefined<T>(T value, string option) where T : struct, Enum
    {
        if (!Enum.IsDefined(value)) Require(holds: false, option, value, "one of " + string.Join(", ", Enum.GetNames<T>()));
    }

    /// <summary>Notes a column name that is empty.</summary>
    public void RequireName(string name, string option) => Require(!string.IsNullOrEmpty(name), option, "empty", "the name of a column");

    /// <summary>Notes names of columns that are none, empty, or not distinct.</summary>
    public void RequireNames(IReadOnlyList<string> names, string option)
    {
        Require(names.Count > 0, option, "empty", "at least one column");
        Require(
            names.All(name => !string.IsNullOrEmpty(name)) && names.Distinct().Count() == names.Count,
            option, string.Join(", ", names), "names of columns, each once");
    }

    /// <exception cref="InvalidOptionsException">Something was noted; the message lists all of it.</exception>
    public void ThrowIfAny(string options)
    {
        if (_found.Count > 0) throw new InvalidOptionsException(Describe(options), _found);
    }

    /// <summary>For data, which is checked in the same way and is no options.</summary>
    /// <exception cref="ArgumentException">Something was noted; the message lists all of it.</exception>
    public void ThrowIfAnyInData(string data)
    {
        if (_found.Count > 0) throw new ArgumentException(Describe(data));
    }

    private string Describe(string what) => $"{what}: {string.Join("; ", _found)}.";
}
