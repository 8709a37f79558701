using System.Numerics;
using System.Runtime.InteropServices;
using MLNetAttn.Modeling;
using static TorchSharp.torch;

namespace MLNetAttn.Benchmarks;

/// <summary>The least that a forward pass must do: read its weights, and multiply with them.</summary>
internal sealed class Baselines : IDisposable
{
    private readonly Tensor[] _matrices;
    private readonly Tensor _head;
    private readonly byte[][] _memory;

    /// <param name="config">Gives the shapes; projections of one input are one matrix, as in our decoder.</param>
    public Baselines(DecoderConfig config)
    {
        int queries = config.HeadCount * config.HeadDimension, keys = config.KeyValueHeadCount * config.HeadDimension;
        _matrices = [.. Enumerable.Range(0, config.LayerCount).SelectMany(_ => new[]
        {
            Matrix(queries + 2 * keys, config.HiddenSize),
            Matrix(config.HiddenSize, queries),
            Matrix(2 * config.IntermediateSize, config.HiddenSize),
            Matrix(config.HiddenSize, config.IntermediateSize),
        })];
        _head = Matrix(config.VocabularySize, config.HiddenSize);
        int bytes = (int)((_matrices.Sum(matrix => matrix.numel()) + _head.numel()) * 2);
        _memory = [.. Enumerable.Range(0, Environment.ProcessorCount)
            .Select(_ => GC.AllocateUninitializedArray<byte>(bytes / Environment.ProcessorCount, pinned: true))];
        foreach (byte[] part in _memory) Array.Fill(part, (byte)1);
    }

    /// <summary>Reading as many bytes as the weights have, on all cores: milliseconds.</summary>
    public double ReadOnce() => Ratio.Time(() =>
    {
        long[] sums = new long[_memory.Length];
        Thread[] threads = [.. _memory.Select((part, i) => new Thread(() => sums[i] = Sum(part)))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        GC.KeepAlive(sums);
    });

    /// <summary>All matrix products of a pass over <paramref name="rows"/> positions, and the head for <paramref name="headRows"/> of them, as often as asked:
    /// milliseconds of one.</summary>
    public double Multiply(int rows, int headRows, int times = 1)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        Dictionary<long, Tensor> inputs = _matrices.Append(_head)
            .Select(matrix => matrix.shape[1])
            .Distinct()
            .ToDictionary(width => width, width => randn([rows, width], ScalarType.BFloat16));
        Tensor last = inputs[_head.shape[1]].narrow(0, 0, headRows);
        return Ratio.Time(() =>
        {
            for (int i = 0; i < times; i++)
            {
                using var step = NewDisposeScope();
                foreach (Tensor matrix in _matrices) nn.functional.linear(inputs[matrix.shape[1]], matrix);
                nn.functional.linear(last, _head);
            }
        }) / times;
    }

    public void Dispose()
    {
        foreach (Tensor matrix in _matrices) matrix.Dispose();
        _head.Dispose();
    }

    private static Tensor Matrix(int outputs, int inputs) => (randn([outputs, inputs]) * 0.02).to(ScalarType.BFloat16).DetachFromDisposeScope();

    private static long Sum(byte[] memory)
    {
        ReadOnlySpan<Vector<long>> words = MemoryMarshal.Cast<byte, Vector<long>>(memory);
        (Vector<long> a, Vector<long> b, Vector<long> c, Vector<long> d) = default((Vector<long>, Vector<long>, Vector<long>, Vector<long>));
        for (int i = 0; i + 4 <= words.Length; i += 4)
        {
            a += words[i];
            b += words[i + 1];
            c += words[i + 2];
            d += words[i + 3];
        }
        return Vector.Sum(a + b + c + d);
    }
}
