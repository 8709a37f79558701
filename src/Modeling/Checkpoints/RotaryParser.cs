using static System.FormattableString;

namespace MLNetAttn.Modeling;

/// <summary>Reads the rotary part of <c>config.json</c>, in the spelling of 2024 or of transformers 5.</summary>
internal static class RotaryParser
{
    /// <summary>The rotary options of a configuration.</summary>
    /// <exception cref="InvalidDataException">A number is missing or the two spellings contradict each other.</exception>
    /// <exception cref="NotSupportedException">The rotary type is not supported.</exception>
    public static RotaryOptions Parse(JsonFields config, int maxPositionEmbeddings, string location)
    {
        JsonFields? older = config.Object("rope_scaling"), newer = config.Object("rope_parameters");
        double theta = config.Number("rope_theta") ?? newer?.Number("rope_theta") ?? 10_000;
        if (newer?.Number("rope_theta") is { } inner && inner != theta)
            throw new InvalidDataException(
                Invariant($"{location}: 'rope_theta' is {theta}, but 'rope_parameters.rope_theta' is {inner}; expected one of them, or both the same."));
        RefusePartial(config, location);
        if (newer is { } parameters)
            RefusePartial(parameters, location);

        RotaryOptions? fromOlder = older is { } scaling ? Parse(scaling, theta, maxPositionEmbeddings, location) : null;
        RotaryOptions? fromNewer = newer is { } current ? Parse(current, theta, maxPositionEmbeddings, location) : null;
        if (fromOlder is not null && fromNewer is not null && fromOlder != fromNewer)
            throw new InvalidDataException($"{location}: 'rope_scaling' and 'rope_parameters' contradict each other; expected one of them, or both the same.");
        return fromNewer ?? fromOlder ?? new RotaryOptions { Theta = theta };
    }

    private static RotaryOptions Parse(JsonFields fields, double theta, int maxPositionEmbeddings, string location)
    {
        if (fields.IsSet("full_attention") || fields.IsSet("sliding_attention"))
            throw new NotSupportedException($"{location}: 'rope_parameters' per layer type are not supported; supported is one set for all layers.");
        int? given = fields.Integer("original_max_position_embeddings");
        int original = given ?? maxPositionEmbeddings;
        string type = fields.Text("rope_type") ?? fields.Text("type") ?? "default";
        return type switch
        {
            "default" => new RotaryOptions { Theta = theta },
            "linear" => new RotaryOptions
            {
                Type = RotaryType.Linear,
                Theta = theta,
                Factor = fields.RequiredNumber("factor"),
                OriginalMaxPositionEmbeddings = given,
            },
            "llama3" => new RotaryOptions
            {
                Type = RotaryType.Llama3,
                Theta = theta,
                Factor = fields.RequiredNumber("factor"),
                OriginalMaxPositionEmbeddings = original,
                LowFrequencyFactor = fields.RequiredNumber("low_freq_factor"),
                HighFrequencyFactor = fields.RequiredNumber("high_freq_factor"),
            },
            "yarn" => new RotaryOptions
            {
                Type = RotaryType.Yarn,
                Theta = theta,
                Factor = fields.Number("factor") ?? (double)maxPositionEmbeddings / original,
                OriginalMaxPositionEmbeddings = original,
                BetaFast = fields.Number("beta_fast") is { } fast and not 0 ? fast : 32,
                BetaSlow = fields.Number("beta_slow") is { } slow and not 0 ? slow : 1,
                MScale = fields.Number("mscale"),
                MScaleAllDimensions = fields.Number("mscale_all_dim"),
                AttentionFactor = fields.Number("attention_factor"),
                Truncate = fields.Flag("truncate") ?? true,
            },
            _ => throw new NotSupportedException($"{location}: the rotary type '{type}' is not supported; supported are default, linear, llama3 and yarn."),
        };
    }

    private static void RefusePartial(JsonFields fields, string location)
    {
        if (fields.Number("partial_rotary_factor") is { } part and not 1)
            throw new NotSupportedException(
                Invariant($"{location}: 'partial_rotary_factor' {part} is not supported; supported is 1, rotation of all dimensions."));
    }
}
