using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Columns and settings of <see cref="RhythmCreditEstimator"/>.</summary>
public sealed record RhythmCreditOptions
{
    /// <summary>WAAD per response token, a vector of float; read by Local and Coupled, and by Uniform and Random for its length. Default "Waad".</summary>
    public string WaadColumnName { get; init; } = "Waad";

    /// <summary>FAI per response token, a vector of float; read by Global and Coupled. Default "Fai".</summary>
    public string FaiColumnName { get; init; } = "Fai";

    /// <summary>Entropy per response token, a vector of float; read by HighEntropy. Default "Entropy".</summary>
    public string EntropyColumnName { get; init; } = "Entropy";

    /// <summary>Throughput of attention flow per response token, a vector of float; read by Flow. No component writes it: where an answer begins and ends is
    /// the task's to know. <c>CausalLanguageModel.AnalyzeFlow</c> computes it. Default "Flow".</summary>
    public string FlowColumnName { get; init; } = "Flow";

    /// <summary>The response's advantage, Single or Double; read only where <see cref="CreditOptions.Sign"/> of <see cref="Credit"/> looks at its sign. Missing
    /// (NaN) has no sign: γ = 1. Default "Advantage".</summary>
    public string AdvantageColumnName { get; init; } = "Advantage";

    /// <summary>Where γ goes. Default "Credit".</summary>
    public string CreditColumnName { get; init; } = "Credit";

    /// <summary>Where the roles go. Default "Role".</summary>
    public string RoleColumnName { get; init; } = "Role";

    /// <summary>The strategy and its settings. Default: the paper's coupled rhythm credit.</summary>
    public CreditOptions Credit { get; init; } = new();

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.RequireName(WaadColumnName, nameof(WaadColumnName));
        problems.RequireName(FaiColumnName, nameof(FaiColumnName));
        problems.RequireName(EntropyColumnName, nameof(EntropyColumnName));
        problems.RequireName(FlowColumnName, nameof(FlowColumnName));
        problems.RequireName(AdvantageColumnName, nameof(AdvantageColumnName));
        problems.RequireNames([CreditColumnName, RoleColumnName], "the names of the output columns");
        Credit.Check(problems, $"{nameof(Credit)}.");
        problems.ThrowIfAny(nameof(RhythmCreditOptions));
    }
}
