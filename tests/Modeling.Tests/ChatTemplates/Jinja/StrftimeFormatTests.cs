namespace MLNetAttn.Modeling.Tests;

public sealed class StrftimeFormatTests
{
    [Theory]
    [InlineData("2026-01-01", "%a %d %b %Y %j %U %W %V %G %u %w", "Thu 01 Jan 2026 001 00 00 01 2026 4 4")]
    [InlineData("2027-01-03", "%A %-d. %B %y %j %U %W %V %G %u %w", "Sunday 3. January 27 003 01 00 53 2026 7 0")]
    [InlineData("2024-12-31T23:04:05", "%F %T|%I:%M %p|%e|%k|%l|%-j|%D|%c", "2024-12-31 23:04:05|11:04 PM|31|23|11|366|12/31/24|Tue Dec 31 23:04:05 2024")]
    [InlineData("2024-03-05T00:00:00", "%I %l %P %h %% %n%t %-I", "12 12 am Mar % \n\t 12")]
    public void Dates_are_written_as_in_C(string time, string format, string expected) =>
        StrftimeFormat
            .Format(format, DateTimeOffset.Parse($"{time}Z", System.Globalization.CultureInfo.InvariantCulture), Templates.State())
            .Should().Be(expected);

    [Theory]
    [InlineData("%")]
    [InlineData("%E")]
    [InlineData("%-")]
    public void A_directive_that_is_not_known_is_refused(string format) =>
        FluentActions.Invoking(() => StrftimeFormat.Format(format, DateTimeOffset.UnixEpoch, Templates.State()))
            .Should().Throw<JinjaException>().Which.Fault.Should().Be(JinjaFault.Unknown);
}
