namespace MLNetAttn.Modeling;

/// <summary>A low-rank adapter (LoRA; Hu et al., arXiv 2106.09685): y = W·x + s·B·(A·x) for some of a model's matrices, of which A and B are trained and W is
/// not. Names, meanings and defaults of PEFT's LoraConfig, whose names are in brackets.</summary>
public sealed record LoraOptions
{
    /// <summary>For <see cref="TargetModules"/>: every matrix of every layer, as PEFT's "all-linear"; the output head is none of them.</summary>
    public static IReadOnlyList<string> AllLinear { get; } = ["all-linear"];

    /// <summary>r: rows of A and columns of B (r). Default 8; at least 1.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>What the update is scaled by: s = Alpha / <see cref="Rank"/> (lora_alpha). Default 8; above 0.</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>Scale by Alpha / √Rank instead, which keeps large ranks learning (Kalajdzievski, arXiv 2312.03732; use_rslora). Default false.</summary>
    public bool UseRslora { get; init; }

    /// <summary>The share of A's inputs that are set to 0 in training (lora_dropout). Default 0; 0 or more, less than 1.</summary>
    /// <remarks>Matrices that read the same input (q_proj, k_proj, v_proj; gate_proj, up_proj) lose the same entries of it.</remarks>
    public double Dropout { get; init; }

    /// <summary>The matrices that get an adapter (target_modules): a module's name in every layer (q_proj), or as much of the end of its path as tells it apart
    /// (layers.3.self_attn.q_proj); or <see cref="AllLinear"/>. Default q_proj and v_proj, as PEFT has it for these architectures.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = ["q_proj", "v_proj"];

    /// <summary>Start of A's random numbers; B starts at 0, so that a new adapter changes nothing. Default 0.</summary>
    public long Seed { get; init; }

    /// <summary>s.</summary>
    internal double Scale => Alpha / (UseRslora ? Math.Sqrt(Rank) : Rank);

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        Check(problems, "");
        problems.ThrowIfAny(nameof(LoraOptions));
    }

    /// <summary>Notes what is out of range.</summary>
    internal void Check(Violations problems, string prefix)
    {
        problems.Require(Rank >= 1, prefix + nameof(Rank), Rank, "at least 1");
        problems.Require(Alpha > 0 && double.IsFinite(Alpha), prefix + nameof(Alpha), Alpha, "above 0");
        problems.Require(Dropout is >= 0 and < 1, prefix + nameof(Dropout), Dropout, "0 or more, less than 1");
        problems.Require(TargetModules.Count > 0 && !TargetModules.Any(string.IsNullOrWhiteSpace), prefix + nameof(TargetModules),
            $"[{string.Join(", ", TargetModules)}]", "at least one name, none of them empty");
    }
}
