using Microsoft.ML;

namespace MLNetAttn.Pipelines;

/// <summary>
/// One self-contained HTML file that shows responses in the rhythm of their attention: tokens coloured by WAAD, FAI, entropy, credit or role, curves with
/// peaks, heads, attention maps, two models side by side, tables, training curves.
/// </summary>
/// <remarks>It loads nothing from the net and runs no script but its own: text that a model wrote is data in it, whatever it contains. How to read it:
/// docs/report.md.</remarks>
/// <example>
/// <code>
/// new RhythmReport("Countdown, before and after")
///     .Add(ReportTraces.Create(model, sequence, new() { Variant = "before" }))
///     .Add(ReportTraces.Create(trained, other, new() { Variant = "after" }))
///     .Save("report.html");
/// </code>
/// </example>
public sealed class RhythmReport
{
    private readonly List<ReportTrace> _traces = [];
    private readonly List<ReportTable> _tables = [];
    private readonly List<TrainingCurve> _curves = [];
    private readonly List<(string Name, string Value)> _notes = [];

    /// <param name="title">The report's heading.</param>
    public RhythmReport(string title = "Rhythm of attention")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        Title = title;
    }

    /// <summary>The report's heading.</summary>
    public string Title { get; }

    /// <summary>The responses, in the order they were added.</summary>
    public IReadOnlyList<ReportTrace> Traces => _traces;

    internal IReadOnlyList<ReportTable> Tables => _tables;

    internal IReadOnlyList<TrainingCurve> Curves => _curves;

    internal IReadOnlyList<(string Name, string Value)> Notes => _notes;

    /// <summary>A report on rows that <c>AttentionRhythm</c>, and perhaps <c>RhythmCredit</c>, wrote. It has what columns have: no maps, no spans
    /// (<see cref="ReportTraces.Create"/> makes those from the model).</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="title">The report's heading.</param>
    /// <param name="maximumRows">How many rows are shown, from the first. Default 50.</param>
    /// <param name="cancellationToken">Ends the work between two rows.</param>
    /// <exception cref="ArgumentException">There is no column of tokens, or a column is of another type than those components write; the message names
    /// it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static RhythmReport Create(
        IDataView rows, string title = "Rhythm of attention", int maximumRows = 50, CancellationToken cancellationToken = default) =>
        new RhythmReport(title).Add(ReportTraces.Read(rows, maximumRows, cancellationToken: cancellationToken));

    /// <summary>Adds responses.</summary>
    /// <param name="traces">The responses.</param>
    /// <exception cref="ArgumentException">Something in a trace has another number of values than the trace has tokens.</exception>
    public RhythmReport Add(params IEnumerable<ReportTrace> traces)
    {
        foreach (ReportTrace trace in traces)
        {
            trace.Validate();
            _traces.Add(trace);
        }
        return this;
    }

    /// <summary>Adds a table.</summary>
    /// <param name="table">The table.</param>
    /// <exception cref="ArgumentException">A row has another number of cells than there are columns.</exception>
    public RhythmReport Add(ReportTable table)
    {
        table.Validate();
        _tables.Add(table);
        return this;
    }

    /// <summary>Adds training curves.</summary>
    /// <param name="curves">The curves.</param>
    /// <exception cref="ArgumentException">A curve has not as many steps as values, or steps that do not ascend.</exception>
    public RhythmReport Add(params IEnumerable<TrainingCurve> curves)
    {
        foreach (TrainingCurve curve in curves)
        {
            curve.Validate();
            _curves.Add(curve);
        }
        return this;
    }

    /// <summary>Adds a fact that stands below the heading, such as the model's name.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="value">Its value.</param>
    public RhythmReport AddNote(string name, string value)
    {
        _notes.Add((name, value));
        return this;
    }

    /// <summary>Writes the file aside and moves it into place when it is complete.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The disk is full or cannot be written; an older report is untouched.</exception>
    public void Save(string path) => ReportFile.Write(path, Write);

    /// <summary>Writes the page, UTF-8.</summary>
    /// <param name="stream">Takes it.</param>
    public void Write(Stream stream) => ReportPage.Write(this, stream);
}
