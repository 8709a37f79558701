using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>A filter, test, method or global function.</summary>
internal sealed class JinjaFunction
{
    private const int CharactersPerStep = 8;

    private readonly string[] _parameters;
    private readonly int _required;
    private readonly bool _positionalOnly;
    private readonly bool _takesRest;
    private readonly bool _takesNamedRest;
    private readonly Func<JinjaCall, JinjaValue> _body;

    /// <param name="name">Its name.</param>
    /// <param name="signature">
    /// Its parameters, with spaces between: <c>name</c>, <c>name?</c> for an optional one, <c>*name</c> for more positional ones and <c>**name</c> for
    /// more named ones, last. A <c>/</c> at the end: none of them can be passed by name.
    /// </param>
    /// <param name="body">What it does.</param>
    public JinjaFunction(string name, string signature, Func<JinjaCall, JinjaValue> body)
    {
        string[] parts = signature.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (Name, _body) = (name, body);
        _positionalOnly = parts is [.., "/"];
        _takesNamedRest = parts.Any(part => part.StartsWith("**", StringComparison.Ordinal));
        _takesRest = parts.Any(part => part[0] == '*' && !part.StartsWith("**", StringComparison.Ordinal));
        _parameters = [.. parts.Where(part => part[0] is not ('*' or '/')).Select(part => part.TrimEnd('?'))];
        _required = parts.Count(part => part[0] is not ('*' or '/') && part[^1] != '?');
    }

    public string Name { get; }

    /// <exception cref="JinjaException">The arguments do not fit, or the function refuses them.</exception>
    public JinjaValue Invoke(JinjaState state, JinjaValue self, JinjaArguments arguments)
    {
        if (arguments.Positional.Count > _parameters.Length && !_takesRest)
            throw JinjaException.Invalid($"'{Name}' takes at most {_parameters.Length} arguments, not {arguments.Positional.Count}");
        JinjaValue?[] values = new JinjaValue?[_parameters.Length];
        for (int i = 0; i < Math.Min(values.Length, arguments.Positional.Count); i++)
            values[i] = arguments.Positional[i];
        List<KeyValuePair<string, JinjaValue>> namedRest = [];
        foreach ((string name, JinjaValue value) in arguments.Named)
        {
            int index = _positionalOnly ? -1 : Array.IndexOf(_parameters, name);
            if (index >= 0 && values[index] is null)
                values[index] = value;
            else if (index < 0 && _takesNamedRest)
                namedRest.Add(new(name, value));
            else
                throw JinjaException.Invalid(index < 0 ? $"'{Name}' has no argument named '{name}'" : $"'{Name}' is given its argument '{name}' twice");
        }
        for (int i = 0; i < _required; i++)
            if (values[i] is null)
                throw JinjaException.Invalid($"'{Name}' lacks its argument '{_parameters[i]}'");
        Charge(state, self, values);
        return _body(new JinjaCall(this, state, self, values, [.. arguments.Positional.Skip(_parameters.Length)], namedRest));
    }

    public int IndexOf(string parameter) => Array.IndexOf(_parameters, parameter);

    /// <summary>Functions look at every character of the texts that they are given; what they do with items they count themselves.</summary>
    private static void Charge(JinjaState state, JinjaValue self, JinjaValue?[] values)
    {
        foreach (JinjaValue? value in (ReadOnlySpan<JinjaValue?>)[self, .. values])
            if (value is JinjaText text)
                state.Step(text.Value.Length / CharactersPerStep);
    }
}

/// <summary>One call of a function.</summary>
/// <param name="Function">The function.</param>
/// <param name="State">The run.</param>
/// <param name="Self">What a filter or test is applied to, or whose method it is.</param>
/// <param name="Values">The arguments of the parameters, null where not given.</param>
/// <param name="Rest">More positional arguments.</param>
/// <param name="NamedRest">More named ones.</param>
internal sealed record JinjaCall(
    JinjaFunction Function, JinjaState State, JinjaValue Self, JinjaValue?[] Values,
    IReadOnlyList<JinjaValue> Rest, IReadOnlyList<KeyValuePair<string, JinjaValue>> NamedRest)
{
    /// <summary>An argument that must be given.</summary>
    public JinjaValue this[string parameter] => Find(parameter)!;

    /// <summary>An argument, or null if it is not given.</summary>
    public JinjaValue? Find(string parameter) => Values[Function.IndexOf(parameter)];

    /// <summary>An argument, or null if it is not given or None.</summary>
    public JinjaValue? FindSet(string parameter) => Find(parameter) is { } value and not JinjaNone ? value : null;

    public bool Flag(string parameter) => Find(parameter)?.IsTrue ?? false;

    public int? Integer(string parameter) => FindSet(parameter) switch
    {
        null => null,
        JinjaInteger { Value: var value } when BigInteger.Abs(value) <= int.MaxValue => (int)value,
        JinjaInteger => throw JinjaException.Invalid($"'{Function.Name}': the argument '{parameter}' is out of range"),
        { } value => throw Unfit(parameter, value, "an integer"),
    };

    /// <summary>An argument that must be text, or null if it is not given or None.</summary>
    public string? Text(string parameter) => FindSet(parameter) switch
    {
        null => null,
        JinjaText text => text.Value,
        { } value => throw Unfit(parameter, value, "text"),
    };

    /// <summary>The <c>str()</c> of what a filter is applied to, marked as that is.</summary>
    public JinjaText SelfText() => Self as JinjaText ?? new JinjaText(State.TextOf(Self));

    private JinjaException Unfit(string parameter, JinjaValue value, string expected) =>
        JinjaException.Invalid($"'{Function.Name}': the argument '{parameter}' is of type '{value.TypeName}', expected {expected}");
}
