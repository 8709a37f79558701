namespace MLNetAttn.Modeling;

/// <summary>Where adapter_config.json says that the model lies which an adapter belongs to.</summary>
/// <param name="Name">A folder, or a name on a hub (base_model_name_or_path); null = unknown.</param>
/// <param name="Revision">Which version of it (revision); null = unknown, or not on a hub.</param>
internal readonly record struct BaseModelReference(string? Name, string? Revision = null);
