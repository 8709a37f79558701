namespace MLNetAttn.Modeling.Tests;

/// <summary>A clock that stands at 9:05:07.123456 on 3 November 2026, a Tuesday.</summary>
internal sealed class FixedClock : TimeProvider
{
    public static readonly FixedClock Instance = new();

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => new(2026, 11, 3, 9, 5, 7, 123, 456, TimeSpan.Zero);
}
