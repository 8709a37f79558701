using Microsoft.ML.Data;

namespace MLNetAttn.Transforms;

/// <summary>Roles as values of ML.NET's key type, whose annotation KeyValues has the names: <c>MapKeyToValue</c> gives text.</summary>
internal static class RoleKey
{
    /// <summary>From the one that gives way to the one that wins where a token has several: credit adds up, but a colour is one, and being an anchor says more
    /// than introducing one.</summary>
    private static readonly TokenRoles[] Precedence =
        [TokenRoles.Selected, TokenRoles.Preplan, TokenRoles.Introduction, TokenRoles.DominatedAnchor, TokenRoles.Anchor];

    private static readonly TokenRoles[] Values =
        [TokenRoles.None, TokenRoles.Preplan, TokenRoles.Anchor, TokenRoles.DominatedAnchor, TokenRoles.Introduction, TokenRoles.Selected];

    /// <summary>The names, in the order of the keys.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Values.Select(role => role.ToString())];

    /// <summary>The type of a key.</summary>
    public static KeyDataViewType Type { get; } = new(typeof(uint), Values.Length);

    /// <summary>The key of a token's roles; keys count from 1, since 0 means missing.</summary>
    public static uint Of(TokenRoles roles)
    {
        TokenRoles shown = Array.FindLast(Precedence, role => roles.HasFlag(role));
        return (uint)Array.IndexOf(Values, shown) + 1;
    }
}
