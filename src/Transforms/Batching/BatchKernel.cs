namespace MLNetAttn.Transforms;

/// <summary>The work of one cursor: takes rows into slots, computes all filled slots at once, and hands out values slot by slot.</summary>
internal abstract class BatchKernel
{
    /// <summary>Takes the inputs of the row that the input cursor stands on.</summary>
    public abstract void Read(int slot);

    /// <summary>Computes the outputs of the slots before <paramref name="count"/>.</summary>
    public abstract void Run(int count);

    /// <summary>A <c>ValueGetter</c> of an output column.</summary>
    /// <param name="output">Which output column, from 0.</param>
    /// <param name="currentSlot">The slot to read, asked for at every call; sees to it that <see cref="Run"/> was called.</param>
    public abstract Delegate CreateGetter(int output, Func<int> currentSlot);
}
