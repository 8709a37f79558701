using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>Head groups of a whole data set: spans pooled over all response tokens (Eq. 7), receiver scores over all responses.</summary>
internal static class HeadCalibration
{
    /// <summary>Makes one pass over the data.</summary>
    /// <exception cref="InvalidOperationException">There is no response token in it.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static HeadGroups Calibrate(IHost host, CausalLanguageModel model, IDataView input, AttentionRhythmOptions options)
    {
        using IChannel channel = host.Start("Calibration");
        var reader = new SequenceReader(host, model, input.Schema, options);
        HeadMeasurement? pooled = null;
        long rows = 0;
        int longest = 0;
        using (DataViewRowCursor cursor = input.GetRowCursor(reader.Columns))
        {
            foreach (TokenSequence[] batch in Read(cursor, reader.Open(cursor, new TextNotes(host, model, countsUnknown: false)))
                .Take(options.CalibrationRows ?? int.MaxValue)
                .Where(sequence => sequence.ResponseIds.Length > 0)
                .Chunk(options.BatchSize))
            {
                MLNetInternals.ThrowIfCanceled(host, options.CancellationToken);
                IReadOnlyList<HeadMeasurement> measured = model.MeasureHeads(batch, options.ToRhythmOptions(groups: null));
                pooled = HeadMeasurement.Pool(pooled is null ? measured : [pooled, .. measured]);
                rows += batch.Length;
                longest = Math.Max(longest, batch.Max(sequence => sequence.ResponseIds.Length));
            }
        }
        if (pooled is null)
            throw new InvalidOperationException(
                $"The data has no response tokens in column '{options.ResponseColumnName}': head groups cannot be calibrated. Fit on other rows, or choose Grouping PerSequence.");
        if (options.Outputs.HasFlag(RhythmColumns.Fai) && !options.ShrinkHorizon && longest <= options.MinimumHorizon)
            channel.Warning(
                MessageSensitivity.None,
                "Column '{0}' is NaN throughout, and credit that is made of it finds nothing to amplify: FAI is not defined for the last MinimumHorizon ({1}) tokens of a response, and responses have {2} tokens in the mean. Lower it, or set ShrinkHorizon.",
                options.FaiColumnName,
                options.MinimumHorizon,
                ((double)pooled.Spans.TokenCount / rows).ToString("G3", CultureInfo.InvariantCulture));
        HeadGroups groups = pooled.Group(options.HeadRatio);
        channel.Info(
            MessageSensitivity.None,
            "Calibrated on {0} rows with {1} response tokens. Heads, as layer.head: local {2}; global {3}; receivers {4}.",
            rows,
            pooled.Spans.TokenCount,
            Names(groups.Local),
            Names(groups.Global),
            groups.Receivers is null ? "not asked for" : Names(groups.Receivers));
        return groups;

        static string Names(IEnumerable<HeadIndex> heads) =>
            string.Join(' ', heads.Select(head => string.Create(CultureInfo.InvariantCulture, $"{head.Layer}.{head.Head}")));
    }

    private static IEnumerable<TokenSequence> Read(DataViewRowCursor cursor, Func<TokenSequence> read)
    {
        while (cursor.MoveNext()) yield return read();
    }
}
