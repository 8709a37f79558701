using System.CommandLine;
using MLNetAttn.Modeling;

namespace MLNetAttn.Cli;

/// <summary>How WAAD and FAI are measured.</summary>
internal sealed class RhythmArguments
{
    private readonly Option<string> _layers = new("--layers")
    {
        Description = "Layers that are read: middle, all, top, bottom, or numbers such as 10,11,12.",
        DefaultValueFactory = _ => "middle",
    };
    private readonly Option<int> _window = new("--window") { Description = "W of WAAD.", DefaultValueFactory = _ => new RhythmOptions().Window };
    private readonly Option<int> _minimum = new("--min-horizon")
    {
        Description = "The nearest later token that FAI counts.",
        DefaultValueFactory = _ => new RhythmOptions().MinimumHorizon,
    };
    private readonly Option<int> _maximum = SharedOptions.AtLeast(
        new Option<int>("--max-horizon")
        {
            Description = "The farthest; 0 = to the end of the response.",
            DefaultValueFactory = _ => new RhythmOptions().MaximumHorizon ?? 0,
        },
        least: 0);
    private readonly Option<bool> _shrink = new("--shrink-horizon")
    {
        Description = "Near the end of the response, count nearer tokens too, so that FAI is defined there.",
    };
    private readonly Choice<RowAlignment> _alignment = new(
        "--row-alignment", "Whose row of attention is a token's: the query that reads it (reading), or the one that it was sampled from (generating).",
        RowAlignment.Reading);
    private readonly Option<double> _ratio = new("--head-ratio")
    {
        Description = "Share of the heads in each of the local and global groups.",
        DefaultValueFactory = _ => new RhythmOptions().HeadRatio,
    };
    private readonly Option<bool> _allHeads = new("--all-heads") { Description = "Average over all heads instead of groups." };
    private readonly Option<bool> _receivers = new("--receivers") { Description = "FAI of the receiver heads too." };
    private readonly Choice<HeadGrouping> _grouping = new(
        "--grouping", "Whose heads are put into groups: each sequence's own (per_sequence), or those of a batch together (per_batch).",
        HeadGrouping.PerSequence, without: HeadGrouping.Frozen);

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
        [
            _layers, _window, _minimum, _maximum, _shrink, _alignment.Option, _ratio, _allHeads, _receivers, _grouping.Option,
        ])
            command.Options.Add(option);
    }

    public RhythmOptions Read(ParseResult parsed) => new()
    {
        Layers = LayerSelection.Parse(parsed.GetRequiredValue(_layers)),
        Window = parsed.GetValue(_window),
        MinimumHorizon = parsed.GetValue(_minimum),
        MaximumHorizon = parsed.GetValue(_maximum) is > 0 and var maximum ? maximum : null,
        ShrinkHorizon = parsed.GetValue(_shrink),
        RowAlignment = _alignment.Read(parsed),
        HeadRatio = parsed.GetValue(_ratio),
        AllHeads = parsed.GetValue(_allHeads),
        Receivers = parsed.GetValue(_receivers),
        Grouping = _grouping.Read(parsed),
    };
}
