using MLNetAttn.Estimators;

namespace MLNetAttn.Pipelines;

/// <summary>What a group advantage learned; as it is written into the model zip.</summary>
/// <param name="Options">Columns and settings.</param>
/// <param name="Groups">The groups, in the order of the statistics.</param>
/// <param name="Normalization">The statistics.</param>
internal sealed record GroupAdvantageState(GroupAdvantageOptions Options, string[] Groups, AdvantageNormalization Normalization);
