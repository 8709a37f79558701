using System.CommandLine;
using System.Globalization;

namespace MLNetAttn.Experiments;

/// <summary>What the numbers of the command line must be.</summary>
internal static class OptionRules
{
    /// <summary>Refuses smaller numbers.</summary>
    public static Option<int> AtLeast(this Option<int> option, int least)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is var value && value < least)
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} is {value}, expected {least} or more."));
        });
        return option;
    }
}
