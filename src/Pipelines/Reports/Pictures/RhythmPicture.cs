using MLNetAttn.Modeling;
using ScottPlot;

namespace MLNetAttn.Pipelines;

/// <summary>Pictures for papers and notebooks. They need no screen and no fonts of the machine.</summary>
/// <example><code>RhythmPicture.Curves(trace, new() { Title = "Countdown" }).SavePng("curves.png");</code></example>
public sealed class RhythmPicture
{
    // Okabe and Ito's colours, which stay apart with every kind of colour-blindness; the report's page uses the same.
    private static readonly Color
        Blue = Color.FromHex("#0072b2"),
        Vermilion = Color.FromHex("#d55e00"),
        Green = Color.FromHex("#00805f"),
        Grey = Color.FromHex("#8a929c");
    private static readonly Color[] Palette = [Blue, Vermilion, Green, Color.FromHex("#a3508a"), Color.FromHex("#b8860b"), Color.FromHex("#56b4e9")];
    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted];

    // Pixels that an upright label takes.
    private const int LabelWidth = 12;

    private readonly Multiplot _plots;
    private readonly PictureOptions _options;

    private RhythmPicture(PictureOptions? options, int plots)
    {
        _options = options ?? new PictureOptions();
        _options.Validate();
        PictureFont.Register();
        _plots = new Multiplot();
        while (_plots.Subplots.Count < plots) _plots.AddPlot();
        if (_options.Title is { } title) _plots.GetPlot(0).Title(title, 17);
        foreach (Plot plot in _plots.GetPlots()) Calm(plot, isStacked: plots > 1);
    }

    /// <summary>WAAD, FAI and entropy along a response, one below the other, with their peaks (<see cref="RhythmPeaks"/>). Grey lines: an FAI peak at, or one
    /// token after, a WAAD peak. Tokens are named where a label has room, else those of the highest FAI peaks.</summary>
    /// <param name="trace">The response; those of the three that it has are drawn.</param>
    /// <param name="options">Size and title.</param>
    /// <exception cref="ArgumentException">It has none of the three, or an option is out of range.</exception>
    public static RhythmPicture Curves(ReportTrace trace, PictureOptions? options = null)
    {
        trace.Validate();
        (string Name, IReadOnlyList<float>? Values, Color Color, MarkerShape Marker)[] rows =
        [
            .. new (string, IReadOnlyList<float>?, Color, MarkerShape)[]
            {
                ("WAAD (tokens)", trace.Waad, Blue, MarkerShape.FilledTriangleUp),
                ("FAI", trace.Fai, Vermilion, MarkerShape.FilledDiamond),
                ("entropy (nats)", trace.Entropy, Green, MarkerShape.FilledCircle),
            }.Where(row => row.Item2 is not null),
        ];
        if (rows.Length == 0) throw new ArgumentException("The trace has neither WAAD nor FAI nor entropies, expected at least one.", nameof(trace));
        var picture = new RhythmPicture(options, rows.Length);
        bool named = picture._options.Width / trace.ResponseTokens.Count >= LabelWidth;
        int[] coupled = trace.Waad is null || trace.Fai is null
            ? []
            : [.. RhythmPeaks.Find([.. trace.Fai]).Intersect(RhythmPeaks.CoupledTo(RhythmPeaks.Find([.. trace.Waad])))];
        for (int i = 0; i < rows.Length; i++)
        {
            Plot plot = picture._plots.GetPlot(i);
            (string name, IReadOnlyList<float>? values, Color color, MarkerShape marker) = rows[i];
            foreach (int peak in coupled) plot.Add.VerticalLine(peak, 1, Grey.WithAlpha(0.4));
            AddLine(plot, [.. Enumerable.Range(0, values!.Count).Select(t => (double)t)], [.. values.Select(value => (double)value)], color);
            int[] peaks = RhythmPeaks.Find([.. values]);
            if (peaks.Length > 0)
                plot.Add.Markers(
                    peaks.Select(peak => (double)peak).ToArray(),
                    peaks.Select(peak => (double)values[peak]).ToArray(),
                    marker, 8, color);
            if (!named && color == Vermilion) NamePeaks(plot, peaks, values, trace.ResponseTokens);
            plot.YLabel(name);
            plot.Grid.XAxisStyle.IsVisible = false;
            plot.Axes.SetLimitsX(-1, values.Count);
            plot.Axes.Left.MinimumSize = plot.Axes.Left.MaximumSize = 72;
            plot.Axes.Right.MinimumSize = 16;
            if (i < rows.Length - 1) continue;
            if (named) NamePlaces(plot.Axes.Bottom, trace.ResponseTokens.Select(Visible));
            plot.XLabel("response token");
        }
        picture._plots.CollapseVertically();
        return picture;
    }

    /// <summary>An attention map: queries downwards, keys to the right, on a logarithmic scale that leaves out the first token, which takes what attention has
    /// no use for.</summary>
    /// <param name="map">The map.</param>
    /// <param name="promptLength">Tokens of the prompt: a line shows where the response begins. Default 0: none.</param>
    /// <param name="options">Size and title.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static RhythmPicture Heatmap(AttentionMap map, int promptLength = 0, PictureOptions? options = null)
    {
        var picture = new RhythmPicture(options, 1);
        Plot plot = picture._plots.GetPlot(0);
        int length = map.Length;
        double
            most = Enumerable.Range(0, length)
                .SelectMany(t => Enumerable.Range(0, t + 1).Skip(1).Select(s => map[t, s]))
                .Append(StoredMap.Floor * 10)
                .Max(),
            top = Math.Log10(most),
            bottom = Math.Log10(StoredMap.Floor);
        double[,] shades = new double[length, length];
        for (int t = 0; t < length; t++)
            for (int s = 0; s < length; s++)
                shades[t, s] = s > t ? double.NaN : Math.Clamp(Math.Log10(Math.Max(map[t, s], 1e-12)), bottom, top);
        var heat = plot.Add.Heatmap(shades);
        heat.Colormap = new ScottPlot.Colormaps.Viridis();
        heat.NaNCellColor = Colors.White;
        heat.ManualRange = new(bottom, top);
        // Row 0 on top: cells as they come, and an axis that counts downwards.
        heat.Position = new CoordinateRect(-0.5, length - 0.5, -0.5, length - 0.5);
        heat.FlipVertically = false;
        var bar = plot.Add.ColorBar(heat);
        bar.Label = "log₁₀ of the weight";
        if (promptLength > 0 && promptLength < length)
        {
            foreach (var line in new ScottPlot.Plottables.AxisLine[] { plot.Add.HorizontalLine(promptLength - 0.5), plot.Add.VerticalLine(promptLength - 0.5) })
                (line.LineColor, line.LineWidth, line.LinePattern) = (Grey, 1, LinePattern.Dashed);
        }
        plot.XLabel("key");
        plot.YLabel("query");
        plot.HideGrid();
        plot.Axes.SetLimits(-0.5, length - 0.5, length - 0.5, -0.5);
        plot.Axes.SquareUnits();
        return picture;
    }

    /// <summary>The heads in the order of their spans (Eq. 7), those of the local and of the global group in colour.</summary>
    /// <param name="spans">The spans.</param>
    /// <param name="groups">The groups; null = none.</param>
    /// <param name="options">Size and title.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static RhythmPicture SpanLadder(HeadSpans spans, HeadGroups? groups = null, PictureOptions? options = null)
    {
        var picture = new RhythmPicture(options, 1);
        Plot plot = picture._plots.GetPlot(0);
        (double Span, HeadIndex Head)[] order =
        [
            .. spans.Layers
                .SelectMany((layer, i) => spans.Spans[i].Select((span, head) => (span, new HeadIndex(layer, head))))
                .OrderBy(head => head.span)
                .ThenBy(head => head.Item2.Layer)
                .ThenBy(head => head.Item2.Head),
        ];
        AddHeads(head => groups?.Local.Contains(head) ?? false, "local: WAAD", Blue);
        AddHeads(head => groups is null || !groups.Local.Contains(head) && !groups.Global.Contains(head), groups is null ? "heads" : "neither", Grey);
        AddHeads(head => groups?.Global.Contains(head) ?? false, "global: FAI", Vermilion);
        if (order.Length <= 48) NamePlaces(plot.Axes.Bottom, order.Select(head => $"{head.Head.Layer}.{head.Head.Head}"));
        plot.XLabel(order.Length <= 48 ? "head (layer.head), by span" : "heads, by span");
        plot.YLabel("mean span (tokens)");
        plot.ShowLegend(Alignment.UpperLeft);
        plot.Axes.Margins(0.02, 0.1);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(0, Math.Max(order[^1].Span * 1.08, 1e-3));
        return picture;

        void AddHeads(Func<HeadIndex, bool> belongs, string name, Color color)
        {
            int[] members = [.. Enumerable.Range(0, order.Length).Where(i => belongs(order[i].Head))];
            if (members.Length == 0) return;
            var bars = plot.Add.Bars(members.Select(i => (double)i).ToArray(), members.Select(i => order[i].Span).ToArray());
            bars.Color = color;
            bars.LegendText = name;
            foreach (Bar bar in bars.Bars) bar.LineWidth = 0;
        }
    }

    /// <summary>Training curves, a row a metric.</summary>
    /// <param name="curves">The curves; at least one.</param>
    /// <param name="options">Size and title.</param>
    /// <exception cref="ArgumentException">There is no curve, one has not as many steps as values, or an option is out of range.</exception>
    public static RhythmPicture Training(IReadOnlyList<TrainingCurve> curves, PictureOptions? options = null)
    {
        if (curves.Count == 0) throw new ArgumentException("There is no curve, expected at least one.", nameof(curves));
        foreach (TrainingCurve curve in curves) curve.Validate();
        string[] metrics = [.. curves.Select(curve => curve.Metric).Distinct()];
        string[] names = [.. curves.Select(curve => curve.Name).Distinct()];
        double first = curves.Min(curve => curve.Steps[0]), last = curves.Max(curve => curve.Steps[^1]), margin = Math.Max((last - first) * 0.02, 1e-6);
        var picture = new RhythmPicture(options, metrics.Length);
        for (int i = 0; i < metrics.Length; i++)
        {
            Plot plot = picture._plots.GetPlot(i);
            foreach (TrainingCurve curve in curves.Where(curve => curve.Metric == metrics[i]))
            {
                int line = Array.IndexOf(names, curve.Name);
                AddLine(
                    plot, [.. curve.Steps], [.. curve.Values],
                    Palette[line % Palette.Length], curve.Name, Patterns[line / Palette.Length % Patterns.Length]);
            }
            plot.YLabel(metrics[i]);
            plot.Axes.SetLimitsX(first - margin, last + margin);
            FitConstant(plot, [.. curves.Where(curve => curve.Metric == metrics[i]).SelectMany(curve => curve.Values).Where(double.IsFinite)]);
            // A name has the same colour in all rows: those that the first legend has need no other, which would hide curves.
            if (i == 0 || !names.Where(name => Has(metrics[i], name)).All(name => Has(metrics[0], name))) plot.ShowLegend(Alignment.LowerRight);
            else plot.HideLegend();
            plot.Axes.Left.MinimumSize = plot.Axes.Left.MaximumSize = 72;
            plot.Axes.Right.MinimumSize = 16;
            if (i == metrics.Length - 1) plot.XLabel("step");
        }
        picture._plots.CollapseVertically();
        return picture;

        bool Has(string metric, string name) => curves.Any(curve => curve.Metric == metric && curve.Name == name);
    }

    /// <summary>Estimates with their intervals, one below the other, and a line at 0.</summary>
    /// <param name="estimates">What was estimated and how large it is; at least one.</param>
    /// <param name="label">Of the axis, with the unit.</param>
    /// <param name="options">Size and title.</param>
    /// <exception cref="ArgumentException">There is no estimate, or an option is out of range.</exception>
    public static RhythmPicture Estimates(IReadOnlyList<(string Name, Estimate Estimate)> estimates, string label, PictureOptions? options = null)
    {
        if (estimates.Count == 0) throw new ArgumentException("There is no estimate, expected at least one.", nameof(estimates));
        var picture = new RhythmPicture(options, 1);
        Plot plot = picture._plots.GetPlot(0);
        var zero = plot.Add.VerticalLine(0);
        (zero.LineColor, zero.LineWidth, zero.LinePattern) = (Grey, 1, LinePattern.Dashed);
        for (int i = 0; i < estimates.Count; i++)
        {
            (double value, ConfidenceInterval interval) = estimates[i].Estimate;
            double height = estimates.Count - 1 - i;
            if (double.IsFinite(interval.Lower) && double.IsFinite(interval.Upper))
            {
                var line = plot.Add.Line(interval.Lower, height, interval.Upper, height);
                (line.LineColor, line.LineWidth) = (Blue, 3);
            }
            plot.Add.Marker(value, height, MarkerShape.FilledCircle, 9, Blue);
        }
        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, estimates.Count).Select(i => (double)i)], [.. estimates.Reverse().Select(estimate => estimate.Name)]);
        plot.XLabel(label);
        plot.Axes.AutoScale();
        plot.Axes.SetLimitsY(-0.6, estimates.Count - 0.4);
        return picture;
    }

    /// <summary>The picture as PNG.</summary>
    public byte[] ToPng()
    {
        foreach (Plot plot in _plots.GetPlots()) plot.Font.Set(PictureFont.Name);
        using Image image = _plots.Render(_options.Width, _options.Height);
        return image.GetImageBytes(ImageFormat.Png, 100);
    }

    /// <summary>Writes the picture aside and moves it into place.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public void SavePng(string path) => ReportFile.Write(path, stream => stream.Write(ToPng()));

    /// <summary>Few lines, so that the data stands out.</summary>
    private static void Calm(Plot plot, bool isStacked)
    {
        plot.Grid.MajorLineColor = Colors.Black.WithAlpha(0.08);
        foreach (IAxis axis in new IAxis[] { plot.Axes.Top, plot.Axes.Right }) axis.FrameLineStyle.Width = 0;
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { TickDensity = 0.4 };
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.Axes.Left.MinorTickStyle.Length = plot.Axes.Bottom.MinorTickStyle.Length = 0;
        (plot.Legend.ShadowColor, plot.Legend.OutlineColor) = (Colors.Transparent, Colors.Black.WithAlpha(0.15));

        if (isStacked) ((ScottPlot.TickGenerators.NumericAutomatic)plot.Axes.Left.TickGenerator).LabelFormatter = Label;

        // At an end of the axis it would run into a label of the plot above or below.
        string Label(double value) =>
            Math.Abs(value - plot.Axes.Left.Range.Center) > 0.46 * plot.Axes.Left.Range.Span
                ? ""
                : ScottPlot.TickGenerators.LabelFormatters.Numeric(value);
    }

    /// <summary>A label at each whole number from 0; many are upright.</summary>
    private static void NamePlaces(IAxis axis, IEnumerable<string> names)
    {
        string[] labels = [.. names];
        axis.SetTicks([.. Enumerable.Range(0, labels.Length).Select(i => (double)i)], labels);
        if (labels.Length <= 16) return;
        (axis.TickLabelStyle.Rotation, axis.TickLabelStyle.Alignment, axis.TickLabelStyle.OffsetY) = (-90, Alignment.MiddleRight, 3);
        axis.MinimumSize = 38 + 7 * Math.Min(12, labels.Max(label => label.Length));
    }

    /// <summary>Names the tokens of the highest peaks, as many as have room.</summary>
    private static void NamePeaks(Plot plot, int[] peaks, IReadOnlyList<float> values, IReadOnlyList<string> tokens)
    {
        List<int> chosen = [];
        foreach (int peak in peaks.OrderByDescending(peak => values[peak]))
            if (chosen.Count < 14 && chosen.TrueForAll(other => Math.Abs(other - peak) * 22 >= values.Count)) chosen.Add(peak);
        foreach (int peak in chosen)
        {
            var text = plot.Add.Text(Visible(tokens[peak]), peak, values[peak]);
            (text.LabelFontName, text.LabelFontSize, text.LabelFontColor, text.LabelAlignment, text.OffsetY) =
                (PictureFont.Name, 12, Vermilion, Alignment.LowerCenter, -6);
        }
        plot.Axes.Margins(0, 0.2);
    }

    /// <summary>A token as a label.</summary>
    private static string Visible(string token) => token.Trim(' ') switch
    {
        "" => "␣",
        var text =>
            text.Replace("\n", "↵", StringComparison.Ordinal) is { Length: > 12 } longer
                ? longer[..11] + "…"
                : text.Replace("\n", "↵", StringComparison.Ordinal),
    };

    /// <summary>Where values never change, an axis around them, as the report's page has it: from -1 to 1, as it would be otherwise, 2e-4 looks like
    /// 0.</summary>
    private static void FitConstant(Plot plot, double[] values)
    {
        if (values.Length == 0) return;
        double least = values.Min(), most = values.Max(), size = Math.Max(Math.Abs(least), Math.Abs(most));
        if (most - least > size * 1e-4) return;
        if (size == 0) plot.Axes.SetLimitsY(0, 1);
        else plot.Axes.SetLimitsY(least - size / 2, most + size / 2);
    }

    /// <summary>A line that is interrupted where values are undefined.</summary>
    private static void AddLine(Plot plot, double[] x, double[] y, Color color, string? name = null, LinePattern? pattern = null)
    {
        for (int first = 0; first < y.Length;)
        {
            int last = first;
            while (last < y.Length && double.IsFinite(y[last])) last++;
            if (last > first)
            {
                var line = plot.Add.Scatter(x[first..last], y[first..last], color);
                (line.LineWidth, line.MarkerSize, line.LinePattern) = (1.8f, last - first == 1 ? 5 : 0, pattern ?? LinePattern.Solid);
                (line.LegendText, name) = (name ?? "", null);
            }
            first = last + 1;
        }
    }
}
