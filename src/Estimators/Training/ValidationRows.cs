using Microsoft.ML.Runtime;

namespace MLNetAttn.Estimators;

/// <summary>Says of errors that they are in the validation rows, which have the columns and row numbers of the others.</summary>
internal static class ValidationRows
{
    /// <summary>Does some work with them.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="work">Reads, checks or rewards them.</param>
    /// <exception cref="ArgumentException">The work threw one.</exception>
    /// <exception cref="InvalidOperationException">The work threw one.</exception>
    public static T Named<T>(IExceptionContext context, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (ArgumentException exception)
        {
            throw context.Process(new ArgumentException($"Validation rows: {exception.Message}", exception));
        }
        catch (InvalidOperationException exception) when (exception is not ObjectDisposedException)
        {
            throw context.Process(new InvalidOperationException($"Validation rows: {exception.Message}", exception));
        }
    }
}
