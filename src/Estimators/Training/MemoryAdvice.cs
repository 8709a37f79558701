using System.Runtime.InteropServices;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Estimators;

/// <summary>Says what to lower where memory runs out, of the machine or of its accelerator.</summary>
internal static class MemoryAdvice
{
    /// <summary>Does some work.</summary>
    /// <param name="context">Marks errors as ML.NET does.</param>
    /// <param name="what">What is done.</param>
    /// <param name="advice">What to lower.</param>
    /// <param name="work">Does it.</param>
    /// <exception cref="InsufficientMemoryException">Memory ran out.</exception>
    public static T Given<T>(IExceptionContext context, string what, string advice, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (IsOutOfMemory(exception))
        {
            throw context.Process(new InsufficientMemoryException($"{what}: memory ran out ({exception.Message.Split('\n')[0]}). {advice}", exception));
        }
    }

    /// <summary>Whether that is what an error says.</summary>
    public static bool IsOutOfMemory(Exception exception) =>
        exception is OutOfMemoryException
        || (exception is ExternalException
            && (exception.Message.Contains("can't allocate memory", StringComparison.Ordinal)
                || exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)));
}
