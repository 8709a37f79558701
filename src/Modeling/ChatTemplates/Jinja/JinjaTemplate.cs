namespace MLNetAttn.Modeling;

/// <summary>
/// A template in the part of Jinja that chat templates are written in, evaluated as Jinja2 does in its immutable sandbox with transformers' settings.
/// What it does not know it refuses by name and place. Safe for any number of threads.
/// </summary>
internal sealed class JinjaTemplate
{
    private readonly JinjaSource _source;
    private readonly string _location;
    private readonly IReadOnlyList<JinjaStatement> _body;

    private JinjaTemplate(JinjaSource source, string location)
    {
        (_source, _location) = (source, location);
        try
        {
            _body = JinjaParser.Parse(source);
        }
        catch (JinjaException exception)
        {
            throw Describe(exception, 0);
        }
    }

    /// <summary>The text of the template.</summary>
    public string Source => _source.Text;

    /// <param name="source">The text of the template.</param>
    /// <param name="location">What messages call it.</param>
    /// <exception cref="InvalidDataException">The template is malformed or too long.</exception>
    /// <exception cref="NotSupportedException">It uses what is not known.</exception>
    public static JinjaTemplate Parse(string source, string location) => source.Length <= JinjaSource.MaximumLength
        ? new JinjaTemplate(new JinjaSource(source), location)
        : throw new InvalidDataException($"{location}: the template has {source.Length} characters; at most {JinjaSource.MaximumLength} are read.");

    /// <param name="variables">What the template finds by name.</param>
    /// <param name="inputSize">The characters in them: what the template may use grows with it.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="ArgumentException">The template refuses its input (<c>raise_exception</c>).</exception>
    /// <exception cref="InvalidDataException">An operation fails, or the template takes time or space out of proportion.</exception>
    /// <exception cref="NotSupportedException">It uses what is not known.</exception>
    public string Render(IEnumerable<KeyValuePair<string, JinjaValue>> variables, long inputSize, TimeProvider clock)
    {
        JinjaState state = new(clock, inputSize + Source.Length);
        JinjaScope scope = new(null);
        foreach (JinjaFunction function in JinjaGlobals.All)
            scope.Set(function.Name, new JinjaMethod(function, JinjaNone.Instance));
        foreach ((string name, JinjaValue value) in variables)
            scope.Set(name, value);
        try
        {
            return new StatementRunner(state).Capture(_body, scope).Value;
        }
        catch (JinjaException exception)
        {
            throw Describe(exception, state.Position);
        }
    }

    private Exception Describe(JinjaException exception, int position)
    {
        (int line, int column) = _source.Locate(exception.Position ?? position);
        string place = $"{_location}, line {line}, column {column}";
        return exception.Fault switch
        {
            JinjaFault.Refused => new ArgumentException($"{place}: the template refuses what it was given: {exception.Message}", exception),
            JinjaFault.Unknown => new NotSupportedException($"{place}: {exception.Message}.", exception),
            _ => new InvalidDataException($"{place}: {exception.Message}.", exception),
        };
    }
}
