namespace MLNetAttn.Transforms;

/// <summary>The credit of the tokens of one response.</summary>
/// <param name="Credit">γ of each token: what its advantage is multiplied with.</param>
/// <param name="Roles">Why. An anchor is <see cref="TokenRoles.Anchor"/> or <see cref="TokenRoles.DominatedAnchor"/>, never both.</param>
public sealed record CreditAssignment(double[] Credit, TokenRoles[] Roles)
{
    /// <summary>γ = 1 and no role for every token.</summary>
    internal static CreditAssignment Uniform(int count)
    {
        double[] credit = new double[count];
        Array.Fill(credit, 1);
        return new CreditAssignment(credit, new TokenRoles[count]);
    }

    /// <summary>Adds credit and a role to a token.</summary>
    internal void Add(int token, double credit, TokenRoles role)
    {
        Credit[token] += credit;
        Roles[token] |= role;
    }
}
