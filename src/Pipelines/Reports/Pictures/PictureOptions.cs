using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>How large a picture is and what stands above it.</summary>
public sealed record PictureOptions
{
    /// <summary>Default null: no title.</summary>
    public string? Title { get; init; }

    /// <summary>In pixels. Default 1200; 200 to 10 000.</summary>
    public int Width { get; init; } = 1200;

    /// <summary>In pixels. Default 700; 200 to 10 000.</summary>
    public int Height { get; init; } = 700;

    /// <exception cref="InvalidOptionsException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var problems = new Violations();
        problems.Require(Width is >= 200 and <= 10_000, nameof(Width), Width, "200 to 10 000 pixels");
        problems.Require(Height is >= 200 and <= 10_000, nameof(Height), Height, "200 to 10 000 pixels");
        problems.ThrowIfAny(nameof(PictureOptions));
    }
}
