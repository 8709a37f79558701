using MLNetAttn.Cli;
using MLNetAttn.Transforms;

namespace MLNetAttn.Experiments;

/// <summary>A way of assigning credit that is compared with the others.</summary>
/// <param name="Name">As the command line and the table have it.</param>
/// <param name="Strategy">Which tokens get credit.</param>
/// <param name="Bottom">The lowest instead of the highest.</param>
/// <param name="Normalize">Scaled to a mean of 1 over the response.</param>
/// <param name="Spread">The response's mean for each of its tokens.</param>
internal sealed record Arm(string Name, CreditStrategy Strategy, bool Bottom = false, bool Normalize = false, bool Spread = false)
{
    /// <summary>What the others are compared with where nothing else is said.</summary>
    public const string Baseline = "uniform";

    /// <summary>It alone needs to know where the answer is.</summary>
    public const string Flow = "flow";

    /// <summary>All arms: plain GRPO, the paper's strategies, and the controls that a paper needs.</summary>
    public static IReadOnlyList<Arm> All { get; } =
    [
        new(Baseline, CreditStrategy.Uniform),
        new("random", CreditStrategy.Random),
        new("entropy", CreditStrategy.HighEntropy),
        new("local", CreditStrategy.Local),
        new("global", CreditStrategy.Global),
        new("coupled", CreditStrategy.Coupled),
        new("bottom-fai", CreditStrategy.Global, Bottom: true),
        new("coupled-mean-1", CreditStrategy.Coupled, Normalize: true),
        new("coupled-spread", CreditStrategy.Coupled, Spread: true),
        new("random-mean-1", CreditStrategy.Random, Normalize: true),
        new(Flow, CreditStrategy.Flow),
    ];

    /// <summary>The strategy of a name, in capitals or not.</summary>
    /// <exception cref="ArgumentException">There is none of this name.</exception>
    public static Arm Find(string name)
    {
        if (All.FirstOrDefault(arm => arm.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } found) return found;
        string[] names = [.. All.Select(arm => arm.Name)];
        string meant = NearestName.Find(name, names) is { } nearest ? $"; did you mean {nearest}?" : ".";
        throw new ArgumentException($"There is no strategy '{name}', expected one of {string.Join(", ", names)}{meant}");
    }

    /// <summary>The credit of one run.</summary>
    public CreditOptions Options(ExperimentSettings settings, long seed) => new()
    {
        Strategy = Strategy,
        Bottom = Bottom,
        Normalize = Normalize,
        Spread = Spread,
        Fraction = settings.Fraction,
        Amplification = settings.Amplification,
        Seed = seed,
    };
}
