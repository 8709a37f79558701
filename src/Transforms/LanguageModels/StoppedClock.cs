namespace MLNetAttn.Transforms;

/// <summary>A clock on which it is always the same time.</summary>
internal sealed class StoppedClock(DateTimeOffset time) : TimeProvider
{
    /// <summary>The zone that the time was told in, whatever this machine's is.</summary>
    public override TimeZoneInfo LocalTimeZone { get; } =
        TimeZoneInfo.CreateCustomTimeZone("stopped", time.Offset, displayName: null, standardDisplayName: null);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => time.ToUniversalTime();
}
