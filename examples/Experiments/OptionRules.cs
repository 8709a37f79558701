using System.CommandLine;
using System.Globalization;

namespace MLNetAttn.Experiments;

/// <summary>What the numbers of the command line must be.</summary>
internal static class OptionRules
{
    /// <summary>Refuses smaller numbers.</summary>
    public static Option<T> AtLeast<T>(this Option<T> option, int least)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>() is int value && value < least)
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {value}, expected {least} or more."));
        });
        return option;
    }
}
