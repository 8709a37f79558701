using System.Buffers.Binary;
using System.Text;

namespace MLNetAttn.Modeling.Tests;

/// <summary>Small checkpoints that tests make, and damage.</summary>
internal static class Fixtures
{
    /// <summary>A safetensors file of this header, padded as given, and this many bytes of data.</summary>
    public static byte[] Safetensors(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header), file = new byte[8 + json.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)json.Length);
        json.CopyTo(file, 8);
        for (int i = 0; i < dataBytes; i++)
            file[8 + json.Length + i] = (byte)i;
        return file;
    }

    /// <summary>A stream that can do only what a checkpoint's stream must: its length is known, and it is read forwards.</summary>
    public static Stream Forward(byte[] bytes) => new ForwardStream(bytes);

    /// <summary>The weights of a checkpoint.</summary>
    public static WeightStorage Load(ICheckpointSource source, DecoderConfig config, TorchSharp.torch.ScalarType type)
    {
        CheckpointReader reader = CheckpointReader.Open(source, config);
        var weights = new WeightStorage(config, type, TorchSharp.torch.CPU);
        reader.Fill(weights.Parameters);
        return weights;
    }

    /// <summary>A new folder that is deleted with the test.</summary>
    public static TemporaryFolder Folder() => new();

    /// <summary>A config.json of a tiny Llama model, with these keys in place of its own; a null removes the key.</summary>
    public static byte[] Config(params (string Key, object? Value)[] changes)
    {
        Dictionary<string, object?> config = new()
        {
            ["architectures"] = new[] { "LlamaForCausalLM" },
            ["model_type"] = "llama",
            ["vocab_size"] = 11,
            ["hidden_size"] = 8,
            ["intermediate_size"] = 12,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 2,
            ["num_key_value_heads"] = 1,
        };
        foreach ((string key, object? value) in changes)
            if (value is null)
                config.Remove(key);
            else
                config[key] = value;
        return System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(config);
    }

    private sealed class ForwardStream(byte[] bytes) : Stream
    {
        private readonly MemoryStream _inner = new(bytes);

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => _inner.Length;
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        // Short reads, as a compressed entry gives them.
        public override int Read(byte[] buffer, int offset, int count) => _inner.Read(buffer, offset, Math.Min(count, 7));
        public override void Flush() => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>A folder that is deleted with everything in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mlnetattn-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>A checkpoint whose files lie in memory.</summary>
internal sealed class MemoryCheckpoint : ICheckpointSource, ICheckpointTarget
{
    public Dictionary<string, byte[]> Files { get; } = [];

    public string Location => "memory";

    public bool Exists(string file) => Files.ContainsKey(file);

    public Stream OpenRead(string file) =>
        Files.TryGetValue(file, out byte[]? bytes) ? Fixtures.Forward(bytes) : throw new FileNotFoundException($"There is no '{file}'.", file);

    public Stream Create(string file) => new Entry(bytes => Files.Add(file, bytes));

    private sealed class Entry(Action<byte[]> done) : MemoryStream
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing && CanWrite)
                done(ToArray());
            base.Dispose(disposing);
        }
    }
}
