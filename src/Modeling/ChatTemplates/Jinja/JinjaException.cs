namespace MLNetAttn.Modeling;

/// <summary>What kind of fault ended a template.</summary>
internal enum JinjaFault
{
    /// <summary>The template is malformed, does what Python refuses, or takes too much time or space.</summary>
    Invalid,

    /// <summary>Jinja or Python has it, this interpreter does not.</summary>
    Unknown,

    /// <summary>The template refused what it was given, through <c>raise_exception</c>.</summary>
    Refused,
}

/// <summary>The end of a template; <see cref="JinjaTemplate"/> turns it into an exception that names the place.</summary>
internal sealed class JinjaException : Exception
{
    private JinjaException(JinjaFault fault, string message, int? position) : base(message) => (Fault, Position) = (fault, position);

    public JinjaFault Fault { get; }

    /// <summary>Where in the source, if that is not where evaluation was.</summary>
    public int? Position { get; }

    public static JinjaException Invalid(string message, int? position = null) => new(JinjaFault.Invalid, message, position);

    public static JinjaException Unknown(string what, int? position = null) => new(JinjaFault.Unknown, $"{what} is not supported", position);

    public static JinjaException Refused(string message) => new(JinjaFault.Refused, message, null);
}
