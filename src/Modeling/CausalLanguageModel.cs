using System.Security.Cryptography;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling;

/// <summary>A decoder-only language model that samples text and can tell what its attention did.</summary>
/// <remarks>
/// Its weights do not change once it is loaded: trainers work on a <see cref="Clone"/>. All members may be called from several threads at once, except
/// <see cref="Dispose"/>.
/// </remarks>
public sealed partial class CausalLanguageModel : IDisposable
{
    private readonly Tokenizer? _tokenizer;
    private readonly TokenizerFiles? _tokenizerFiles;
    private readonly string _location;
    private readonly string? _baseFolder;
    private readonly Lock _fingerprinting = new();

    /// <param name="decoder">Weights and adapter.</param>
    /// <param name="generation">What generation_config.json says.</param>
    /// <param name="tokenizer">The tokenizer; null = none.</param>
    /// <param name="tokenizerFiles">Its files, which are there without it where the folder has those of another kind of tokenizer; null = none.</param>
    /// <param name="location">Where the files lay, for messages.</param>
    /// <param name="baseFolder">The folder that holds these very weights, and nothing else that a model is made of; null = there is none that is
    /// known.</param>
    private CausalLanguageModel(
        Decoder decoder, GenerationConfig generation, Tokenizer? tokenizer, TokenizerFiles? tokenizerFiles, string location, string? baseFolder = null)
    {
        (Decoder, GenerationConfig, _tokenizer, _tokenizerFiles) = (decoder, generation, tokenizer, tokenizerFiles);
        (_location, _baseFolder) = (location, baseFolder);
    }

    /// <summary>The architecture, as config.json has it.</summary>
    public DecoderConfig Config => Decoder.Config;

    /// <summary>What generation_config.json says.</summary>
    public GenerationConfig GenerationConfig { get; }

    /// <summary>Whether the folder had a tokenizer.json.</summary>
    public bool HasTokenizer => _tokenizer is not null;

    /// <summary>The tokenizer.</summary>
    /// <exception cref="InvalidOperationException">The folder had none.</exception>
    public Tokenizer Tokenizer => _tokenizer ?? throw new InvalidOperationException(
        $"'{_location}' has no tokenizer.json: give the model token ids instead of text, or add the file.");

    /// <summary>Whether the folder had a tokenizer with a chat template.</summary>
    /// <exception cref="InvalidDataException">A template in its files is no text.</exception>
    public bool HasChatTemplate => _tokenizer?.HasChatTemplate ?? false;

    /// <summary>The tokenizer's chat template, which writes conversations as the model reads them.</summary>
    /// <exception cref="InvalidOperationException">The folder had no tokenizer, or no chat template.</exception>
    /// <exception cref="InvalidDataException">A template in its files is no text.</exception>
    public ChatTemplate ChatTemplate => Tokenizer.ChatTemplate;

    /// <summary>SHA-256, in hexadecimal, of configuration, weights, adapter and tokenizer: equal models have equal fingerprints. Computed at the first
    /// call.</summary>
    /// <exception cref="ObjectDisposedException">The model is disposed and the fingerprint was never asked for.</exception>
    public string Fingerprint
    {
        get
        {
            lock (_fingerprinting) return field ??= ComputeFingerprint();
        }
    }

    /// <summary>The weights under their Hugging Face names; views, not copies. A tied output head is not listed.</summary>
    public IReadOnlyDictionary<string, Tensor> Parameters => Decoder.Weights.Parameters;

    /// <summary>The LoRA adapter that is added to the weights; null = none.</summary>
    public LoraOptions? Adapter => Decoder.Adapter?.Options;

    /// <summary>The adapter's matrices under PEFT's names, such as base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight; views, not copies. Empty
    /// without an adapter.</summary>
    public IReadOnlyDictionary<string, Tensor> AdapterParameters => Decoder.Adapter?.Parameters ?? new Dictionary<string, Tensor>();

    /// <summary>The device that the weights are on.</summary>
    public Device Device => Decoder.Device;

    /// <summary>Whether <see cref="Dispose"/> was called.</summary>
    public bool IsDisposed { get; private set; }

    internal Decoder Decoder { get; }

    /// <summary>Loads a Hugging Face folder as it is: config.json, *.safetensors, and tokenizer.json and an adapter (adapter_config.json,
    /// adapter_model.safetensors) if there are such.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="options">Device and type of the weights; null = float32 on the CPU.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FileNotFoundException">config.json or the weights are missing.</exception>
    /// <exception cref="NotSupportedException">The architecture, or something it asks for, is not supported; the message names it.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, contradicts another, or holds weights that are not finite.</exception>
    /// <exception cref="DllNotFoundException">Torch's native library does not load; the message says what may be missing.</exception>
    public static CausalLanguageModel FromPretrained(string folder, ModelLoadOptions? options = null) => FromPretrained(new FolderSource(folder), options);

    /// <summary>As <see cref="FromPretrained(string, ModelLoadOptions)"/>, from wherever the files lie.</summary>
    /// <param name="source">The files.</param>
    /// <param name="options">Device and type of the weights; null = float32 on the CPU.</param>
    public static CausalLanguageModel FromPretrained(ICheckpointSource source, ModelLoadOptions? options = null)
    {
        NativeTorch.Require();
        options ??= new ModelLoadOptions();
        options.Validate();
        // Files are read one after the other, as a zip wants it; what was read of the tokenizer is parsed while the rest is read, which takes about as long.
        TokenizerFiles files = TokenizerFiles.Read(source);
        Task<Tokenizer>? tokenizer = files.Find(Tokenizer.FileName) is null ? null : Task.Run(() => new Tokenizer(files));
        if (AdapterFiles.Exist(source) && !source.Exists(CheckpointFiles.Config))
            throw new FileNotFoundException(
                $"'{source.Location}' holds an adapter without its base model: load the base model, and give this folder to its {nameof(WithAdapter)} (on the command line --adapter).",
                CheckpointFiles.Locate(source, CheckpointFiles.Config));
        DecoderConfig config = DecoderConfig.Parse(
            CheckpointFiles.ReadSmall(source, CheckpointFiles.Config), CheckpointFiles.Locate(source, CheckpointFiles.Config));
        GenerationConfig generation = GenerationConfig.Load(source, config);
        CheckpointReader reader = CheckpointReader.Open(source, config);
        string? folder = Directory.Exists(source.Location) ? source.Location : null;
        var weights = new WeightStorage(config, options.DataType, options.Device ?? CPU);
        LoraAdapter? adapter = null;
        try
        {
            reader.Fill(weights.Parameters);
            // The base beside an adapter is the one that it belongs to, wherever its file says that it once lay.
            if (AdapterFiles.Exist(source)) adapter = LoraAdapter.Load(weights, source, folder);
            Tokenizer? read = tokenizer?.GetAwaiter().GetResult();
            // Whoever reads a folder with an adapter gets the two together: for another adapter it is no base.
            return new CausalLanguageModel(new Decoder(config, weights, adapter), generation, read, files, source.Location, adapter is null ? folder : null);
        }
        catch
        {
            adapter?.Dispose();
            weights.Dispose();
            throw;
        }
    }

    /// <summary>A new model with random weights: normal with the given standard deviation, norms 1, biases 0, as Hugging Face initialises Llama.</summary>
    /// <param name="config">The architecture.</param>
    /// <param name="tokenizer">Its tokenizer, or null for token ids only.</param>
    /// <param name="seed">Start of the random numbers.</param>
    /// <param name="initializerRange">Standard deviation of the matrices. Default 0.02.</param>
    /// <exception cref="ArgumentException">The configuration contradicts itself; the message names everything that is wrong.</exception>
    /// <exception cref="DllNotFoundException">Torch's native library does not load; the message says what may be missing.</exception>
    public static CausalLanguageModel Create(DecoderConfig config, Tokenizer? tokenizer, long seed, double initializerRange = 0.02)
    {
        NativeTorch.Require();
        config.Validate();
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed, CPU);
        var weights = new WeightStorage(config, ScalarType.Float32, CPU);
        foreach (Tensor parameter in weights.Storage)
        {
            if (parameter.dim() > 1) parameter.copy_(randn(parameter.shape, generator: generator).Times(initializerRange));
            else parameter.zero_();
        }
        foreach ((string name, Tensor parameter) in weights.Parameters)
            if (name.EndsWith("norm.weight", StringComparison.Ordinal)) parameter.Fill_(1);
        return new CausalLanguageModel(new Decoder(config, weights), GenerationConfig.For(config), tokenizer, tokenizer?.Files, "a model made in memory");
    }

    /// <summary>Writes a folder that transformers and <see cref="FromPretrained(string, ModelLoadOptions)"/> load: the weights, an adapter beside them, and the
    /// tokenizer's files byte for byte, also those that only other libraries read. The files are written aside and moved into place when all are
    /// complete.</summary>
    /// <param name="folder">The folder; made if there is none.</param>
    /// <exception cref="IOException">The disk is full or cannot be written; an older model in the folder is untouched.</exception>
    public void SavePretrained(string folder)
    {
        using var target = new FolderTarget(folder);
        SavePretrained(target);
        target.Commit();
    }

    /// <summary>Writes the same files to wherever they are wanted.</summary>
    /// <param name="target">Takes the files.</param>
    public void SavePretrained(ICheckpointTarget target)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        CheckpointWriter.Save(target, Config, GenerationConfig, Parameters);
        _tokenizerFiles?.Write(target);
        if (Decoder.Adapter is { } adapter) AdapterFiles.Save(target, adapter, new BaseModelReference((target as FolderTarget)?.Location));
    }

    /// <summary>A copy with weights of its own.</summary>
    public CausalLanguageModel Clone() => CloneAs(type: null);

    /// <summary>The logits of every position, without gradient: float32 (float64 for float64 weights) [B, T, V]. For whole responses use
    /// <see cref="AnalyzeRhythm"/>, which never holds that much.</summary>
    /// <param name="ids">int64 [B, T].</param>
    /// <param name="attentionMask">int64 or bool [B, T], 0 = padding on the left of a row; null = none.</param>
    /// <exception cref="ArgumentException">Ids of another shape, beyond the vocabulary or longer than the context; a mask of another shape, or with padding
    /// that is not on the left.</exception>
    public Tensor Forward(Tensor ids, Tensor? attentionMask = null)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        SequenceCheck.Ids(Config, ids, attentionMask);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        int[]? padding = null;
        if (attentionMask is not null)
        {
            Tensor real = attentionMask.to(ScalarType.Bool).to(ScalarType.Int64);
            if (real.diff(dim: 1).Below(0).any().ToNumber() != 0)
                throw new ArgumentException("attentionMask has zeros after ones, expected padding on the left only.", nameof(attentionMask));
            long[] lengths = [.. real.sum(1).cpu().data<long>()];
            padding = [.. lengths.Select(length => (int)(ids.size(1) - length))];
        }
        return Decoder.Logits(Decoder.Forward(ids, padding)).AtLeastSingle().MoveToOuterDisposeScope();
    }

    /// <summary>What writes text: responses to many prompts at once, or one as a stream.</summary>
    public TextGenerator Generator() => new(this);

    /// <summary>Samples responses to a batch of prompts; prompt 0's samples first. Short for <see cref="Generator"/>'s.</summary>
    /// <param name="prompts">Token ids of each prompt, of any lengths; none empty.</param>
    /// <param name="options">How to sample.</param>
    /// <param name="cancellationToken">Ends the work between two tokens.</param>
    /// <exception cref="ArgumentException">An option is out of range, or a prompt is empty, too long or holds an unknown id; the message names the
    /// row.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities; the message names the row.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IReadOnlyList<GeneratedSequence> Generate(IReadOnlyList<int[]> prompts, GenerationOptions options, CancellationToken cancellationToken = default) =>
        Generator().Generate(prompts, options, progress: null, cancellationToken);

    /// <summary>WAAD, FAI, entropies and log-probabilities of responses, from one forward pass over sequences padded on the right; those of about one length
    /// are computed together.</summary>
    /// <param name="sequences">Prompts and responses; none empty.</param>
    /// <param name="options">Layers, groups and horizons.</param>
    /// <returns>One analysis per sequence.</returns>
    /// <exception cref="ArgumentException">An option is out of range, or a sequence is empty, too long or holds an unknown id; the message names the
    /// row.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities; the message names row and token.</exception>
    public IReadOnlyList<RhythmAnalysis> AnalyzeRhythm(IReadOnlyList<TokenSequence> sequences, RhythmOptions options) =>
        ReadRhythm(sequences, options, scores: true);

    /// <inheritdoc cref="RhythmPass.Analyze"/>
    internal IReadOnlyList<RhythmAnalysis> ReadRhythm(IReadOnlyList<TokenSequence> sequences, RhythmOptions options, bool scores)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        options.Validate(Config);
        return sequences.Count == 0 ? [] : RhythmPass.Analyze(Decoder, sequences, options, scores);
    }

    /// <summary>Log-probabilities of response tokens, from one forward pass over each; those of about one length are computed together. No [B, T, V] tensor is
    /// held.</summary>
    /// <param name="sequences">Prompts and responses; none empty.</param>
    /// <param name="temperature">Divides the logits; above 0.</param>
    /// <returns>Per sequence, log π(o_t | prompt, o_&lt;t) of every response token, in nats.</returns>
    /// <exception cref="ArgumentException">The temperature is out of range, or a sequence is empty, too long or holds an unknown id; the message names the
    /// row.</exception>
    public IReadOnlyList<float[]> LogProbabilities(IReadOnlyList<TokenSequence> sequences, double temperature = 1)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (!(temperature > 0) || !double.IsFinite(temperature))
            throw new ArgumentException($"temperature is {temperature}, expected a number above 0.", nameof(temperature));
        return PackedScores.LogProbabilities(Decoder, sequences, temperature);
    }

    /// <summary>The same by the arithmetic of a pass with a gradient.</summary>
    /// <inheritdoc cref="LogProbabilities" path="/param"/>
    /// <inheritdoc cref="LogProbabilities" path="/exception"/>
    internal IReadOnlyList<float[]> LogProbabilitiesAsInTraining(IReadOnlyList<TokenSequence> sequences, double temperature) =>
        PackedScores.LogProbabilitiesAsInTraining(Decoder, sequences, temperature);

    /// <summary>What <see cref="AnalyzeRhythm"/> puts heads into groups by, each sequence's own: spans (Eq. 7) and, where <see cref="RhythmOptions.Receivers"/>
    /// asks for them, receiver scores. Pool them with <see cref="HeadMeasurement.Pool"/> and <see cref="HeadMeasurement.Group"/> them to calibrate groups on a
    /// data set.</summary>
    /// <param name="sequences">Prompts and responses; none empty.</param>
    /// <param name="options">Which layers are read, and whether receivers are scored.</param>
    /// <exception cref="ArgumentException">As for <see cref="AnalyzeRhythm"/>.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities; the message names the row.</exception>
    public IReadOnlyList<HeadMeasurement> MeasureHeads(IReadOnlyList<TokenSequence> sequences, RhythmOptions options)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        options.Validate(Config);
        return sequences.Count == 0 ? [] : RhythmPass.Measure(Decoder, sequences, options);
    }

    /// <summary>How much of what flows from question to answer, along attention averaged over all heads of the layers read, passes each token (FlowTracer,
    /// arXiv 2606.10646).</summary>
    /// <remarks>Keeps a map while it traces: 4 · T² bytes a sequence, 67 MB for 4 096 tokens. As many sequences as fit into 256 MB are computed together, at
    /// least one.</remarks>
    /// <param name="sequences">Prompts and responses, with the tokens of their answers.</param>
    /// <param name="layers">The layers whose attention is read; null = five in the middle.</param>
    /// <returns>One analysis per sequence.</returns>
    /// <exception cref="ArgumentException">A sequence is empty, too long or holds an unknown id, or its answer or question is not within it; the message names
    /// the row.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities; the message names the row.</exception>
    public IReadOnlyList<FlowAnalysis> AnalyzeFlow(IReadOnlyList<FlowSequence> sequences, LayerSelection? layers = null)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return sequences.Count == 0 ? [] : FlowPass.Analyze(Decoder, sequences, layers ?? LayerSelection.Middle);
    }

    /// <summary>Mean attention maps of groups of heads over one sequence, from a pass that stops after the last layer read. For pictures: the metrics need no
    /// map.</summary>
    /// <remarks>Holds 4 · T² bytes a group: 16 MB for 2 000 tokens.</remarks>
    /// <param name="sequence">Prompt and response; none empty.</param>
    /// <param name="groups">The heads that each map is the mean of; one head for its own map.</param>
    /// <returns>One map per group.</returns>
    /// <exception cref="ArgumentException">A group is empty, names a head twice or one that the model does not have, or the sequence is empty, too long or
    /// holds an unknown id.</exception>
    /// <exception cref="NotFiniteNumberException">The model computes NaN or infinities.</exception>
    public IReadOnlyList<AttentionMap> AttentionMaps(TokenSequence sequence, IReadOnlyList<IReadOnlyCollection<HeadIndex>> groups)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return groups.Count == 0 ? [] : MapPass.Run(Decoder, sequence, groups);
    }

    /// <summary>Frees the weights. Nothing leaks without it: finalizers free them later.</summary>
    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        Decoder.Dispose();
    }

    /// <summary>A copy whose weights are of another type; null = of the same.</summary>
    internal CausalLanguageModel CloneAs(ScalarType? type) => WithCopy(type, weights => Decoder.Adapter?.Clone(weights), _baseFolder);

    /// <summary>A copy whose weights are to change, so that no folder holds them.</summary>
    internal CausalLanguageModel CloneToChange() => WithCopy(type: null, weights => Decoder.Adapter?.Clone(weights), baseFolder: null);

    /// <summary>A model on the same weights whose responses end after this token too.</summary>
    internal CausalLanguageModel EndingAt(int tokenId)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return With(Decoder.Weights.Share(), weights => Decoder.Adapter?.Clone(weights), _baseFolder, GenerationConfig.EndingAt(tokenId));
    }

    /// <summary>A model with weights of its own.</summary>
    private CausalLanguageModel WithCopy(ScalarType? type, Func<WeightStorage, LoraAdapter?> adapter, string? baseFolder)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return With(
            new WeightStorage(Config, type ?? Decoder.Weights.Embedding.dtype, Device),
            weights =>
            {
                weights.CopyFrom(Decoder.Weights);
                return adapter(weights);
            },
            baseFolder);
    }

    /// <summary>A model of other weights, which belong to it; where it fails, they go.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="prepare">Sees to their values, and makes the adapter on them; null = none.</param>
    /// <param name="baseFolder">As for the constructor.</param>
    /// <param name="generation">What it recommends for generation; null = what this one does.</param>
    private CausalLanguageModel With(
        WeightStorage weights, Func<WeightStorage, LoraAdapter?> prepare, string? baseFolder, GenerationConfig? generation = null)
    {
        LoraAdapter? adapter = null;
        try
        {
            adapter = prepare(weights);
            return new CausalLanguageModel(
                new Decoder(Config, weights, adapter), generation ?? GenerationConfig, _tokenizer, _tokenizerFiles, _location, baseFolder);
        }
        catch
        {
            adapter?.Dispose();
            weights.Dispose();
            throw;
        }
    }

    private string ComputeFingerprint()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        using var target = new HashingTarget();
        SavePretrained(target);
        return target.Digest();
    }

    /// <summary>Hashes a checkpoint's files, name by name, instead of storing them.</summary>
    private sealed class HashingTarget : ICheckpointTarget, IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public Stream Create(string file)
        {
            _hash.AppendData(System.Text.Encoding.UTF8.GetBytes(file));
            return new HashingStream(_hash);
        }

        public string Digest() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();
    }
}
