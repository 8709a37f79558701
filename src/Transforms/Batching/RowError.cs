using System.Text.RegularExpressions;

namespace MLNetAttn.Transforms;

/// <summary>What failed, for a message that names the row itself.</summary>
internal static partial class RowError
{
    /// <summary>An error's message without the row that it names, which is that of another view, and the parameter, which says nothing to who set
    /// none.</summary>
    public static string Cause(Exception failure) => RowOrParameter().Replace(failure.Message, "");

    [GeneratedRegex(@"^Row \d+: | \(Parameter '\w+'\)$")]
    private static partial Regex RowOrParameter();
}
