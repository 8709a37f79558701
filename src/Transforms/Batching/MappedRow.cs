using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>A row with what is computed of it, when the first output is read.</summary>
/// <param name="host">Marks errors as ML.NET does.</param>
/// <param name="mapper">What is done to it.</param>
/// <param name="input">The row; disposed with this one.</param>
/// <param name="active">Which columns were asked for.</param>
internal sealed class MappedRow(IHost host, BatchMapper mapper, DataViewRow input, bool[] active) : DataViewRow
{
    private readonly BatchKernel? _kernel = mapper.AnyOutputActive(active) ? mapper.CreateKernel(input, 1) : null;
    private long _computed = -1;

    /// <inheritdoc/>
    public override DataViewSchema Schema => mapper.OutputSchema;

    /// <inheritdoc/>
    public override long Position => input.Position;

    /// <inheritdoc/>
    public override long Batch => input.Batch;

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => active[column.Index];

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Getters.RequireActive(host, active, column);
        int output = column.Index - mapper.InputSchema.Count;
        return output < 0
            ? input.GetGetter<TValue>(mapper.InputSchema[column.Index])
            : Getters.Cast<TValue>(host, _kernel!.CreateGetter(output, ComputedSlot), column);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) input.Dispose();
        base.Dispose(disposing);
    }

    private int ComputedSlot()
    {
        if (input.Position < 0) throw host.Process(new InvalidOperationException(Getters.NoRow));
        if (_computed != input.Position)
        {
            _kernel!.Read(0);
            _kernel.Run(1);
            _computed = input.Position;
        }
        return 0;
    }
}
