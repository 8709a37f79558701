using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Reads a safetensors file front to back, straight into the memory of tensors.</summary>
/// <remarks>Beside the destinations it needs the header and, where types are converted, one megabyte.</remarks>
internal sealed class SafetensorsReader : IDisposable
{
    /// <summary>Bytes read at once: small enough that checking them finds them in the processor's cache.</summary>
    private const int ChunkBytes = 1 << 20;

    /// <summary>Elements converted at once: fewer than the 32 768 from which torch shares a copy between threads, which costs more than it brings
    /// here.</summary>
    private const int ConvertedElements = 32_704;

    private readonly Stream _stream;
    private readonly string _location;
    private readonly SafetensorsHeader _header;

    private SafetensorsReader(Stream stream, string location, SafetensorsHeader header) => (_stream, _location, _header) = (stream, location, header);

    /// <summary>The tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => _header.Entries;

    /// <summary>Text beside the tensors, such as <c>format</c>: <c>pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Reads the header and checks all of it against the stream's length; no tensor is made.</summary>
    /// <param name="stream">A stream at its beginning, whose length is known; the reader owns it from now on.</param>
    /// <param name="location">The file, for messages.</param>
    /// <exception cref="InvalidDataException">The header is damaged, or claims what the file does not hold.</exception>
    /// <exception cref="NotSupportedException">A tensor has an element type that is not supported.</exception>
    public static SafetensorsReader Open(Stream stream, string location)
    {
        try
        {
            return new SafetensorsReader(stream, location, SafetensorsHeader.Read(stream, location));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads all tensors of a file into new ones of the same types; the caller disposes them. For small files.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static Dictionary<string, Tensor> ReadAll(string path)
    {
        using SafetensorsReader reader = Open(File.OpenRead(path), path);
        Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
        reader.Load(entry => tensors[entry.Name] = empty(entry.Shape, entry.Type.ScalarType), requireFinite: false);
        return tensors;
    }

    /// <summary>Reads the file's tensors, in the order of their bytes, into the given ones. May be called once.</summary>
    /// <param name="destination">
    /// Gives for an entry the tensor to fill: contiguous, with as many elements as the entry, of any type and on any device; null passes over the entry.
    /// </param>
    /// <param name="requireFinite">Whether NaN and infinite values are refused.</param>
    /// <param name="mustEqual">Gives for an entry whose values its tensor must have already what to say where it has others; null = the tensor is
    /// filled.</param>
    /// <exception cref="InvalidDataException">The stream ends early, a tensor holds NaN or infinite values, or others than it must.</exception>
    public void Load(Func<SafetensorsEntry, Tensor?> destination, bool requireFinite, Func<SafetensorsEntry, string?>? mustEqual = null)
    {
        using IDisposable noGradient = no_grad();
        foreach (SafetensorsEntry entry in Entries)
        {
            if (destination(entry) is not { } tensor)
                Skip(entry);
            else if (mustEqual?.Invoke(entry) is { } difference)
                Require(Holds(tensor, entry), difference);
            else if (Fill(tensor, entry) is > 0 and long count && requireFinite)
                throw new InvalidDataException($"{_location}: tensor '{entry.Name}' ({entry.Type.Name} on disk, {tensor.dtype} in memory) holds " +
                    $"{count} NaN or infinite values among {entry.Count}; the weights are damaged.");
        }
    }

    private void Require(bool holds, string problem)
    {
        if (!holds) throw new InvalidDataException($"{_location}: {problem}");
    }

    /// <summary>Whether a tensor has the values of an entry, as its type rounds them.</summary>
    private bool Holds(Tensor tensor, SafetensorsEntry entry)
    {
        CheckPlace(tensor, entry);
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = tensor.detach().view(-1), buffer = empty(Math.Min(entry.Count, ConvertedElements), entry.Type.ScalarType);
        bool holds = true;
        // To its end whatever is found: other entries follow.
        for (long start = 0; start < entry.Count; start += ConvertedElements)
        {
            using DisposeScope chunk = NewDisposeScope();
            long count = Math.Min(ConvertedElements, entry.Count - start);
            Tensor read = buffer.narrow(0, 0, count);
            ReadExactly(read.bytes);
            holds = holds && flat.narrow(0, start, count).Equals(read.to(tensor.dtype, tensor.device));
        }
        return holds;
    }

    private static void CheckPlace(Tensor destination, SafetensorsEntry entry)
    {
        if (destination.numel() != entry.Count || !destination.is_contiguous())
            throw new ArgumentException($"The tensor to fill with '{entry.Name}' must be contiguous and have {entry.Count} elements; " +
                $"found shape [{string.Join(", ", destination.shape)}].", nameof(destination));
    }

    /// <summary>Fills one tensor and returns how many of its values are not finite.</summary>
    private long Fill(Tensor destination, SafetensorsEntry entry)
    {
        CheckPlace(destination, entry);
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = destination.detach().view(-1);
        // A byte that is neither 0 nor 1 is no valid bool: bools are converted from bytes.
        ScalarType stored = entry.Type.ScalarType == ScalarType.Bool ? ScalarType.Byte : entry.Type.ScalarType;
        bool onHost = destination.device.type == DeviceType.CPU;
        bool converts = !onHost || destination.dtype != stored;
        int chunk = converts ? ConvertedElements : ChunkBytes / entry.Type.Size;
        Tensor? buffer = converts ? empty(Math.Min(entry.Count, chunk), stored) : null;

        long nonFinite = 0;
        for (long start = 0; start < entry.Count; start += chunk)
        {
            long count = Math.Min(chunk, entry.Count - start);
            using Tensor part = flat.narrow(0, start, count);
            if (onHost) PageSupply.Populate(part.bytes);
            if (buffer is null)
            {
                ReadExactly(part.bytes);
                nonFinite += NonFinite.Count(part.bytes, part.dtype);
                continue;
            }
            using Tensor read = buffer.narrow(0, 0, count);
            ReadExactly(read.bytes);
            part.copy_(read);
            // Conversion can overflow, so what was made is what is checked, where the processor can see it.
            Tensor visible = onHost ? part : read;
            nonFinite += NonFinite.Count(visible.bytes, visible.dtype);
        }
        return nonFinite;
    }

    private void Skip(SafetensorsEntry entry)
    {
        byte[] buffer = new byte[Math.Min(entry.End - entry.Start, ChunkBytes)];
        for (long left = entry.End - entry.Start; left > 0; left -= Math.Min(left, buffer.Length))
            ReadExactly(buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)));
    }

    private void ReadExactly(Span<byte> bytes)
    {
        try
        {
            _stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException exception)
        {
            throw new InvalidDataException($"{_location}: the file ends before the tensors that its header names.", exception);
        }
    }

    /// <summary>Closes the stream.</summary>
    public void Dispose() => _stream.Dispose();
}
