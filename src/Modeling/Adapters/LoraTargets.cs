namespace MLNetAttn.Modeling;

/// <summary>Which of a model's matrices an adapter is on.</summary>
internal static class LoraTargets
{
    private const string Weight = ".weight", Projection = "_proj.weight";

    /// <summary>The paths of all matrices that can have an adapter, such as model.layers.0.self_attn.q_proj, each with the rows that it is of the weights'
    /// storage.</summary>
    public static IEnumerable<(string Path, ParameterSlice Slice)> All(WeightStorage weights) =>
        weights.Slices.Where(slice => slice.Key.EndsWith(Projection, StringComparison.Ordinal)).Select(slice => (slice.Key[..^Weight.Length], slice.Value));

    /// <summary>Those that the names mean, by PEFT's rule: a name is a path, or the end of one.</summary>
    /// <param name="weights">The model's.</param>
    /// <param name="names">The names.</param>
    /// <param name="all">Whether each must mean some. Files of PEFT may name modules of other architectures, too: of theirs one is enough, and their tensors
    /// tell the rest.</param>
    /// <exception cref="InvalidOptionsException">A name means none; the message says which there are.</exception>
    public static HashSet<string> Find(WeightStorage weights, IReadOnlyList<string> names, bool all)
    {
        string[] paths = [.. All(weights).Select(module => module.Path)];
        var found = new HashSet<string>(StringComparer.Ordinal);
        string expected = $"a module of the model, which has {string.Join(", ", LastNames(paths))}, or \"all-linear\" for all of them";
        var problems = new Violations();
        foreach (string name in names)
        {
            string[] meant = LoraOptions.AllLinear.Contains(name)
                ? paths
                : [.. paths.Where(path => path == name || path.EndsWith("." + name, StringComparison.Ordinal))];
            found.UnionWith(meant);
            problems.Require(
                name is not ("lm_head" or "embed_tokens"), nameof(LoraOptions.TargetModules), $"'{name}'",
                "a matrix of a layer: adapters of the embedding and of the output head are not supported");
            problems.Require(meant.Length > 0 || !all || name is "lm_head" or "embed_tokens", nameof(LoraOptions.TargetModules), $"'{name}'", expected);
        }
        problems.Require(found.Count > 0 || all, nameof(LoraOptions.TargetModules), string.Join(", ", names), expected);
        problems.ThrowIfAny(nameof(LoraOptions));
        return found;
    }

    /// <summary>q_proj, k_proj, …: each once.</summary>
    public static IEnumerable<string> LastNames(IEnumerable<string> paths) =>
        paths.Select(path => path[(path.LastIndexOf('.') + 1)..]).Distinct(StringComparer.Ordinal);
}
