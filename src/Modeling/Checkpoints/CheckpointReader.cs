using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>The weight files of a checkpoint whose headers were found right; nothing is allocated for weights before that.</summary>
internal sealed class CheckpointReader
{
    private const int MostNamed = 5;

    private static readonly string[] RotaryTables = [".rotary_emb.inv_freq", ".rotary_emb.cos_cached", ".rotary_emb.sin_cached"];

    private readonly ICheckpointSource _source;
    private readonly WeightFiles _files;
    private readonly IReadOnlyDictionary<string, long[]> _expected;
    private readonly string _origin;
    private readonly bool _tied;

    private CheckpointReader(ICheckpointSource source, WeightFiles files, IReadOnlyDictionary<string, long[]> expected, string origin, bool tied) =>
        (_source, _files, _expected, _origin, _tied) = (source, files, expected, origin, tied);

    /// <summary>Finds the weight files and checks every header against the names and shapes that the configuration implies.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="config">Its configuration.</param>
    /// <exception cref="FileNotFoundException">There are no weight files, or one is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or a tensor is missing, unexpected, there twice or of another shape.</exception>
    /// <exception cref="NotSupportedException">A tensor has an element type that weights are not read from.</exception>
    public static CheckpointReader Open(ICheckpointSource source, DecoderConfig config) =>
        Open(
            source,
            WeightFiles.Find(source),
            WeightShapes.Of(config).ToDictionary(StringComparer.Ordinal),
            $"the configuration in {CheckpointFiles.Config}",
            config.TieWordEmbeddings);

    /// <summary>Checks the headers of some files against the names and shapes that are expected.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="files">Which of its files.</param>
    /// <param name="expected">Name → shape.</param>
    /// <param name="origin">What these names and shapes come from, for messages.</param>
    /// <param name="tied">Whether the embedding is the output head too, and may be there a second time under its name.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or a tensor is missing, unexpected, there twice or of another shape.</exception>
    /// <exception cref="NotSupportedException">A tensor has an element type that weights are not read from.</exception>
    public static CheckpointReader Open(
        ICheckpointSource source, WeightFiles files, IReadOnlyDictionary<string, long[]> expected, string origin, bool tied = false)
    {
        var reader = new CheckpointReader(source, files, expected, origin, tied);
        reader.Check();
        return reader;
    }

    /// <summary>Fills tensors from a file that holds exactly these.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="file">Which of its files.</param>
    /// <param name="targets">Name in the file → the tensor, or view, to fill.</param>
    /// <param name="origin">What the names and shapes come from, for messages.</param>
    /// <exception cref="InvalidDataException">The file is damaged, holds others or other shapes, or values that are NaN or infinite.</exception>
    public static void Fill(ICheckpointSource source, string file, IReadOnlyDictionary<string, Tensor> targets, string origin) =>
        Open(
            source,
            WeightFiles.One(file),
            targets.ToDictionary(target => target.Key, target => target.Value.shape, StringComparer.Ordinal),
            origin).Fill(targets);

    /// <summary>Reads all weights straight into tensors of the expected names and shapes; values are converted to a tensor's type while they are
    /// read.</summary>
    /// <param name="targets">Hugging Face name → the tensor, or view, to fill. If reading fails some of them may have been filled.</param>
    /// <exception cref="InvalidDataException">A file is damaged, weights are NaN or infinite, or the output head of a tied model is not the embedding; the
    /// message names the tensor.</exception>
    public void Fill(IReadOnlyDictionary<string, Tensor> targets)
    {
        bool hasEmbedding = false;
        foreach (string file in _files.Names)
        {
            using SafetensorsReader reader = OpenFile(file);
            // Read again, since the file may have been replaced after it was checked.
            foreach (SafetensorsEntry entry in reader.Entries)
                if (_expected.TryGetValue(Place(entry.Name), out long[]? shape) && !entry.Shape.SequenceEqual(shape))
                    throw new InvalidDataException($"{Locate(file)}: the file was changed while it was being read.");
            reader.Load(entry => targets.GetValueOrDefault(Place(entry.Name)), requireFinite: true, Repeated);
        }

        // Of embedding and head the first that comes fills the tensor, and the other is compared with it: neither is held twice.
        string? Repeated(SafetensorsEntry entry)
        {
            if (!_tied || Place(entry.Name) != WeightShapes.Embedding) return null;
            if (hasEmbedding)
                return $"'{WeightShapes.Head}' and '{WeightShapes.Embedding}' hold different values, and the configuration says that they are one: set tie_word_embeddings to false in {CheckpointFiles.Config}, or remove '{WeightShapes.Head}' from the weights if it is not the model's.";
            hasEmbedding = true;
            return null;
        }
    }

    /// <summary>The name under which a tensor is expected.</summary>
    private string Place(string name) => _tied && name == WeightShapes.Head ? WeightShapes.Embedding : name;

    private void Check()
    {
        Dictionary<string, string> found = new(StringComparer.Ordinal);
        List<string> unexpected = [], wrong = [];
        foreach (string file in _files.Names)
        {
            using SafetensorsReader reader = OpenFile(file);
            foreach (SafetensorsEntry entry in reader.Entries)
            {
                if (!found.TryAdd(entry.Name, file))
                    throw new InvalidDataException($"{_source.Location}: tensor '{entry.Name}' is in '{found[entry.Name]}' and in '{file}'; expected it once.");
                if (!_expected.TryGetValue(Place(entry.Name), out long[]? shape))
                    unexpected.Add(entry.Name);
                else if (!entry.Shape.SequenceEqual(shape))
                    wrong.Add($"'{entry.Name}' has shape [{string.Join(", ", entry.Shape)}], expected [{string.Join(", ", shape)}]");
                else if (!entry.Type.IsFloat)
                    throw new NotSupportedException(
                        $"{Locate(file)}: tensor '{entry.Name}' is stored as {entry.Type.Name}; weights are read from F32, F16, BF16 or F64.");
            }
        }
        CheckIndex(found);
        unexpected.RemoveAll(IsHarmless);
        string[] missing = [.. _expected.Keys.Where(name => !found.ContainsKey(name))];
        string[] faults =
            [.. Describe("of another shape than the configuration implies", wrong), .. Describe("missing", missing), .. Describe("unexpected", unexpected)];
        if (faults.Length > 0)
            throw new InvalidDataException(
                $"{_source.Location}: the weights are not those of {_origin}: {string.Join("; ", faults)}.");
    }

    private void CheckIndex(Dictionary<string, string> found)
    {
        foreach ((string name, string file) in _files.Index ?? found)
            if (found.GetValueOrDefault(name) is var actual && actual != file)
                throw new InvalidDataException($"{Locate(CheckpointFiles.WeightIndex)}: tensor '{name}' should be in '{file}', but " +
                    (actual is null ? "is in none of the files." : $"is in '{actual}'."));
    }

    /// <summary>What checkpoints hold beyond their weights: rotary tables, which follow from the configuration.</summary>
    private static bool IsHarmless(string name) => RotaryTables.Any(table => name.EndsWith(table, StringComparison.Ordinal));

    private static IEnumerable<string> Describe(string what, IReadOnlyCollection<string> names)
    {
        if (names.Count > 0)
            yield return $"{names.Count} {what}: {string.Join(", ", names.Take(MostNamed))}{(names.Count > MostNamed ? ", …" : "")}";
    }

    private SafetensorsReader OpenFile(string file) => SafetensorsReader.Open(_source.OpenRead(file), Locate(file));

    private string Locate(string file) => CheckpointFiles.Locate(_source, file);
}
