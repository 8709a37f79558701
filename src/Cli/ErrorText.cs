using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>What an error of the library says to those who did not write the code that met it.</summary>
internal static class ErrorText
{
    /// <summary>Its message, without the parameter or the class of options that it names for programmers.</summary>
    public static string Of(Exception exception)
    {
        string message = exception is ArgumentException { ParamName: { } name }
            ? exception.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
            : exception.Message;
        return exception is InvalidOptionsException && message.IndexOf(": ", StringComparison.Ordinal) is >= 0 and var end ? message[(end + 2)..] : message;
    }
}
