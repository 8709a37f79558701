using System.Security.Cryptography;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms;

/// <summary>SHA-256 of a checkpoint's files, in a file beside them that <c>sha256sum -c</c> reads too. .NET does not check a zip's own checksums: a damaged
/// byte would be a damaged weight, silently.</summary>
internal static class Checksums
{
    public const string FileName = "SHA256SUMS";

    private const int DigestLength = 64;

    /// <summary>Reads every file that is listed.</summary>
    /// <exception cref="InvalidDataException">A file is missing or is not what was written; the message names it.</exception>
    public static void Verify(ICheckpointSource source)
    {
        if (!source.Exists(FileName))
            throw new InvalidDataException($"'{source.Location}/{FileName}' is missing: the language model was not written to its end.");
        using var list = new StreamReader(source.OpenRead(FileName));
        while (list.ReadLine() is { } line)
        {
            if (line.Length < DigestLength + 3)
                throw new InvalidDataException($"'{source.Location}/{FileName}' has a line '{line}', expected a SHA-256 and a file name.");
            string file = line[(DigestLength + 2)..];
            if (!source.Exists(file)) throw new InvalidDataException($"'{source.Location}/{file}' is missing.");
            using Stream content = source.OpenRead(file);
            if (Convert.ToHexStringLower(SHA256.HashData(content)) != line[..DigestLength])
                throw new InvalidDataException($"'{source.Location}/{file}' is damaged: it is not what was written.");
        }
    }

    /// <summary>A target that passes files on and lists them.</summary>
    /// <param name="target">Takes the files.</param>
    public sealed class Target(ICheckpointTarget target) : ICheckpointTarget
    {
        private readonly List<(string File, SHA256 Hash)> _files = [];

        public Stream Create(string file)
        {
            var hash = SHA256.Create();
            _files.Add((file, hash));
            return new CryptoStream(target.Create(file), hash, CryptoStreamMode.Write);
        }

        /// <summary>Writes the list, after all files.</summary>
        public void WriteList()
        {
            using var list = new StreamWriter(target.Create(FileName)) { NewLine = "\n" };
            foreach ((string file, SHA256 hash) in _files)
            {
                list.WriteLine($"{Convert.ToHexStringLower(hash.Hash!)}  {file}");
                hash.Dispose();
            }
        }
    }
}
