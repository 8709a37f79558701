using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetAttn.Transforms;

/// <summary>Looks ahead one batch, keeps the columns that were asked for, and runs the kernel once per batch, when the first output of it is read.</summary>
/// <remarks>To its consumer it looks like a cursor that goes row by row: ids, order, Position and Batch are the input's.</remarks>
internal sealed class BatchCursor : DataViewRowCursor
{
    private readonly IHost _host;
    private readonly DataViewRowCursor _input;
    private readonly BatchMapper _mapper;
    private readonly bool[] _active;
    private readonly BatchPolicy _batching;
    private readonly Action _throwIfCanceled;
    private readonly BatchKernel _kernel;
    private readonly ColumnBuffer?[] _buffers;
    private readonly ValueGetter<DataViewRowId> _inputId;
    private readonly DataViewRowId[] _ids;
    private readonly long[] _batches;

    private int _nextSize;
    private int _count;
    private int _slot;
    private long _served;
    private bool _computed;
    private ExceptionDispatchInfo? _failure;
    private ExceptionDispatchInfo? _unread;
    private State _state = State.BeforeFirst;

    /// <param name="host">Marks errors as ML.NET does.</param>
    /// <param name="input">The rows; disposed with this cursor.</param>
    /// <param name="mapper">What is done to them.</param>
    /// <param name="active">Which columns were asked for.</param>
    /// <param name="batching">How many rows at once.</param>
    /// <param name="throwIfCanceled">Called before every batch.</param>
    public BatchCursor(IHost host, DataViewRowCursor input, BatchMapper mapper, bool[] active, BatchPolicy batching, Action throwIfCanceled)
    {
        (_host, _input, _mapper, _active, _batching, _throwIfCanceled) = (host, input, mapper, active, batching, throwIfCanceled);
        _nextSize = batching.Ramp ? batching.Unit : batching.Size;
        _kernel = mapper.CreateKernel(input, batching.Size);
        _buffers = [.. mapper.InputSchema.Select(column => active[column.Index] ? ColumnBuffer.Create(input, column, batching.Size) : null)];
        _inputId = input.GetIdGetter();
        _ids = new DataViewRowId[batching.Size];
        _batches = new long[batching.Size];
    }

    private enum State { BeforeFirst, OnRow, AfterLast }

    /// <inheritdoc/>
    public override DataViewSchema Schema => _mapper.OutputSchema;

    /// <inheritdoc/>
    public override long Position => _state == State.OnRow ? _served + _slot : -1;

    /// <inheritdoc/>
    public override long Batch => _state == State.OnRow ? _batches[_slot] : 0;

    /// <inheritdoc/>
    public override bool IsColumnActive(DataViewSchema.Column column) => _active[column.Index];

    /// <inheritdoc/>
    public override bool MoveNext()
    {
        if (_state == State.AfterLast)
        {
            // Whoever goes on after an error must not take it for the end of the data.
            _unread?.Throw();
            return false;
        }
        if (_state == State.OnRow && _slot + 1 < _count)
        {
            _slot++;
            return true;
        }
        _state = State.AfterLast;
        if (!Fill()) return false;
        _state = State.OnRow;
        return true;
    }

    /// <inheritdoc/>
    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = _ids[CurrentSlot()];

    /// <inheritdoc/>
    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Getters.RequireActive(_host, _active, column);
        int output = column.Index - _mapper.InputSchema.Count;
        Delegate getter = output < 0 ? _buffers[column.Index]!.CreateGetter(CurrentSlot) : _kernel.CreateGetter(output, ComputedSlot);
        return Getters.Cast<TValue>(_host, getter, column);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _input.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Reads the next batch; false if there is no row left. Rows before one that cannot be read are served first.</summary>
    private bool Fill()
    {
        _served += _count;
        (_slot, _count, _computed, _failure) = (0, 0, false, null);
        _unread?.Throw();
        _throwIfCanceled();
        try
        {
            while (_count < _nextSize && _input.MoveNext())
            {
                _kernel.Read(_count);
                foreach (ColumnBuffer? buffer in _buffers) buffer?.Fill(_count);
                _inputId(ref _ids[_count]);
                _batches[_count] = _input.Batch;
                _count++;
            }
        }
        catch (Exception exception)
        {
            _unread = ExceptionDispatchInfo.Capture(exception);
            // Of a batch whose rows share something there is no part.
            _count = _batching.Ramp ? _count - _count % _batching.Unit : 0;
            if (_count == 0) throw;
        }
        _nextSize = Math.Min(_nextSize * 2, _batching.Size);
        return _count > 0;
    }

    private int CurrentSlot() =>
        _state == State.OnRow ? _slot : throw _host.Process(new InvalidOperationException(Getters.NoRow));

    private int ComputedSlot()
    {
        int slot = CurrentSlot();
        _failure?.Throw();
        if (_computed) return slot;
        _throwIfCanceled();
        try
        {
            _kernel.Run(_count);
        }
        catch (Exception exception)
        {
            // Kept for the batch's other rows: it is not computed again for them.
            _failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
        _computed = true;
        return slot;
    }
}
