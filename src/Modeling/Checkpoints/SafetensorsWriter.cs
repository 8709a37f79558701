using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>Writes safetensors files, byte for byte as the reference implementation does.</summary>
internal static class SafetensorsWriter
{
    private const int ChunkBytes = 1 << 20;

    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What transformers writes beside the tensors, and asks for when it reads.</summary>
    public static IReadOnlyDictionary<string, string> PyTorchFormat { get; } = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>Writes tensors: those of the widest types first, by name within a type, after a header padded to a multiple of 8 bytes.</summary>
    /// <param name="stream">Where to write; it stays open.</param>
    /// <param name="tensors">The tensors, on any device. Those that are not contiguous are copied, one at a time.</param>
    /// <param name="metadata">Text beside the tensors; may be empty.</param>
    /// <exception cref="ArgumentException">A name occurs twice or is reserved, or the header would be larger than readers accept.</exception>
    /// <exception cref="NotSupportedException">A tensor's type is none of the format's.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        (SafetensorsEntry Entry, Tensor Tensor)[] placed = Place(tensors);
        stream.Write(RenderHeader(placed.Select(item => item.Entry), metadata));
        foreach ((_, Tensor tensor) in placed)
            WriteData(stream, tensor);
    }

    private static (SafetensorsEntry Entry, Tensor Tensor)[] Place(IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        // The reference implementation compares names by their UTF-8 bytes.
        (string Name, SafetensorsType Type, Tensor Tensor)[] sorted = [.. tensors
            .Select(pair => (pair.Key, SafetensorsType.Of(pair.Value.dtype), pair.Value))
            .OrderByDescending(item => item.Item2.Order)
            .ThenBy(item => Encoding.UTF8.GetBytes(item.Key), Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)))];
        HashSet<string> names = new(StringComparer.Ordinal) { SafetensorsHeader.MetadataName };
        foreach ((string name, _, _) in sorted)
            if (!names.Add(name))
                throw new ArgumentException($"The tensor name '{name}' is reserved, or two tensors have it.", nameof(tensors));
        long offset = 0;
        return [.. sorted.Select(item =>
        {
            long start = offset;
            offset += item.Tensor.numel() * item.Type.Size;
            return (new SafetensorsEntry(item.Name, item.Type, item.Tensor.shape, start, offset), item.Tensor);
        })];
    }

    private static byte[] RenderHeader(IEnumerable<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json, Compact))
        {
            writer.WriteStartObject();
            if (metadata.Count > 0)
            {
                writer.WriteStartObject(SafetensorsHeader.MetadataName);
                foreach ((string key, string value) in metadata)
                    writer.WriteString(key, value);
                writer.WriteEndObject();
            }
            foreach (SafetensorsEntry entry in entries)
                WriteEntry(writer, entry);
            writer.WriteEndObject();
        }
        const int alignment = sizeof(ulong);
        int padded = (json.WrittenCount + alignment - 1) / alignment * alignment;
        if (padded > SafetensorsHeader.MaximumBytes)
            throw new ArgumentException(
                $"The tensors' names and shapes take {padded} bytes; readers accept a header of at most {SafetensorsHeader.MaximumBytes}.", nameof(entries));
        byte[] header = new byte[SafetensorsHeader.PrefixBytes + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        json.WrittenSpan.CopyTo(header.AsSpan(SafetensorsHeader.PrefixBytes));
        header.AsSpan(SafetensorsHeader.PrefixBytes + json.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static void WriteEntry(Utf8JsonWriter writer, SafetensorsEntry entry)
    {
        writer.WriteStartObject(entry.Name);
        writer.WriteString("dtype", entry.Type.Name);
        writer.WriteStartArray("shape");
        foreach (long dimension in entry.Shape)
            writer.WriteNumberValue(dimension);
        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(entry.Start);
        writer.WriteNumberValue(entry.End);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteData(Stream stream, Tensor tensor)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor flat = tensor.detach().contiguous().view(-1);
        bool onHost = flat.device.type == DeviceType.CPU;
        long chunk = ChunkBytes / flat.element_size();
        for (long start = 0; start < flat.numel(); start += chunk)
        {
            using Tensor part = flat.narrow(0, start, Math.Min(chunk, flat.numel() - start));
            using Tensor? copy = onHost ? null : part.cpu();
            stream.Write((copy ?? part).bytes);
        }
    }
}
