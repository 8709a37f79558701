namespace MLNetAttn.Transforms;

/// <summary>What a token is in the rhythm of a response. A token can be several: the anchor of one chunk may introduce another.</summary>
[Flags]
public enum TokenRoles
{
    /// <summary>Nothing in particular.</summary>
    None = 0,

    /// <summary>Selected by local-chunk credit: the look-back distance changes here, the model plans the next chunk.</summary>
    Preplan = 1,

    /// <summary>Selected by FAI: later tokens look back at it.</summary>
    Anchor = 2,

    /// <summary>An anchor inside a chunk (in D of Eq. 18): it shares its credit with its introduction.</summary>
    DominatedAnchor = 4,

    /// <summary>The token that introduced the chunk of a dominated anchor (in I(D) of Eq. 19).</summary>
    Introduction = 8,

    /// <summary>Selected by flow, or by a control, high entropy or random.</summary>
    Selected = 16,
}
