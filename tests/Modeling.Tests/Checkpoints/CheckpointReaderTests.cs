using TorchSharp;
using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class CheckpointReaderTests
{
    private static readonly DecoderConfig Config = DecoderConfig.Parse(Fixtures.Config(), "config.json");
    private static readonly DecoderConfig Tied = DecoderConfig.Parse(Fixtures.Config(("tie_word_embeddings", true)), "config.json");

    /// <summary>A checkpoint of <see cref="Config"/> with random weights, changed as asked, in one file or in shards of about this size.</summary>
    private static MemoryCheckpoint Make(Action<Dictionary<string, Tensor>>? change = null, params string[][] shards)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> weights = WeightShapes.Of(Config).ToDictionary(pair => pair.Key, pair => rand(pair.Value));
        change?.Invoke(weights);
        MemoryCheckpoint checkpoint = new();
        if (shards.Length == 0)
            Write("model.safetensors", weights);
        for (int i = 0; i < shards.Length; i++)
            Write(
                $"model-0000{i + 1}-of-0000{shards.Length}.safetensors",
                weights.Where(pair => shards[i].Any(part => pair.Key.Contains(part, StringComparison.Ordinal))));
        return checkpoint;

        void Write(string file, IEnumerable<KeyValuePair<string, Tensor>> tensors)
        {
            using Stream stream = checkpoint.Create(file);
            SafetensorsWriter.Write(stream, tensors, SafetensorsWriter.PyTorchFormat);
        }
    }

    private static MemoryCheckpoint MakeSharded(Action<Dictionary<string, string>>? change = null, string[]? second = null)
    {
        MemoryCheckpoint checkpoint = Make(null, ["model."], second ?? ["lm_head"]);
        Dictionary<string, string> map = WeightShapes.Of(Config).ToDictionary(
            pair => pair.Key, pair => pair.Key == "lm_head.weight" ? "model-00002-of-00002.safetensors" : "model-00001-of-00002.safetensors");
        change?.Invoke(map);
        checkpoint.Files["model.safetensors.index.json"] = WeightFiles.RenderIndex(map, 0, 0);
        return checkpoint;
    }

    /// <summary>The checkpoint with an index of its shards, where it has some.</summary>
    private static MemoryCheckpoint Whole(MemoryCheckpoint checkpoint)
    {
        if (checkpoint.Files.ContainsKey("model.safetensors")) return checkpoint;
        Dictionary<string, string> map = [];
        foreach ((string file, byte[] bytes) in checkpoint.Files)
        {
            using SafetensorsReader reader = SafetensorsReader.Open(new MemoryStream(bytes), file);
            foreach (SafetensorsEntry entry in reader.Entries) map[entry.Name] = file;
        }
        checkpoint.Files["model.safetensors.index.json"] = WeightFiles.RenderIndex(map, 0, 0);
        return checkpoint;
    }

    private static void Load(MemoryCheckpoint checkpoint, DecoderConfig? config = null)
    {
        CheckpointReader reader = CheckpointReader.Open(checkpoint, config ?? Config);
        using WeightStorage weights = new(config ?? Config, ScalarType.Float32, CPU);
        reader.Fill(weights.Parameters);
    }

    private static void ShouldRefuse(MemoryCheckpoint checkpoint, string message)
    {
        Action load = () => Load(checkpoint);
        load.Should().Throw<InvalidDataException>().WithMessage(message);
    }

    [Fact]
    public void Weights_are_filled_in_place()
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> targets = WeightShapes.Of(Config).ToDictionary(pair => pair.Key, pair => zeros(pair.Value, ScalarType.BFloat16));

        CheckpointReader.Open(Make(weights => weights["model.norm.weight"].fill_(3)), Config).Fill(targets);

        targets["model.norm.weight"].to(ScalarType.Float32).data<float>().ToArray().Should().OnlyContain(value => value == 3);
        targets["lm_head.weight"].sum().to(ScalarType.Float32).item<float>().Should().BePositive();
    }

    [Fact]
    public void A_file_that_changes_after_it_was_checked_is_refused()
    {
        MemoryCheckpoint checkpoint = Make();
        CheckpointReader reader = CheckpointReader.Open(checkpoint, Config);
        checkpoint.Files["model.safetensors"] = Make(weights => weights["model.norm.weight"] = rand(2, 4)).Files["model.safetensors"];
        using WeightStorage storage = new(Config, ScalarType.Float32, CPU);

        Action fill = () => reader.Fill(storage.Parameters);

        fill.Should().Throw<InvalidDataException>().WithMessage("*changed while it was being read*");
    }

    [Fact]
    public void Shards_are_loaded_as_one_file_is()
    {
        using DisposeScope scope = NewDisposeScope();
        using WeightStorage whole = Fixtures.Load(Make(Number), Config, ScalarType.Float32);
        using WeightStorage sharded = Fixtures.Load(Whole(Make(Number, ["model."], ["lm_head"])), Config, ScalarType.Float32);
        sharded.Parameters.Keys.Should().Equal(whole.Parameters.Keys);
        sharded.Parameters.Values.Select(Values).Should().BeEquivalentTo(whole.Parameters.Values.Select(Values), it => it.WithStrictOrdering());
        Values(sharded.Parameters["lm_head.weight"])[0].Should().BePositive();

        // Every number of every weight is another one.
        static void Number(Dictionary<string, Tensor> weights)
        {
            float next = 1;
            foreach (Tensor weight in weights.Values)
            {
                weight.copy_(arange(next, next + weight.numel(), ScalarType.Float32).view(weight.shape));
                next += weight.numel();
            }
        }

        static float[] Values(Tensor weight) => [.. weight.contiguous().data<float>()];
    }

    [Fact]
    public void A_missing_weight_is_refused_by_name() =>
        ShouldRefuse(Make(weights => weights.Remove("model.layers.1.mlp.up_proj.weight")), "memory: *1 missing: model.layers.1.mlp.up_proj.weight*");

    [Fact]
    public void An_unexpected_weight_is_refused_by_name() =>
        ShouldRefuse(
            Make(weights => weights["model.layers.0.self_attn.q_proj.bias"] = zeros(8)),
            "memory: *1 unexpected: model.layers.0.self_attn.q_proj.bias*");

    [Fact]
    public void A_vocabulary_larger_than_the_embedding_is_refused_with_both_shapes() => ShouldRefuse(
        Make(weights => weights["model.embed_tokens.weight"] = rand(10, 8)), "memory: *'model.embed_tokens.weight' has shape [10, 8], expected [11, 8]*");

    [Fact]
    public void A_long_list_of_faults_is_cut_but_counted() =>
        ShouldRefuse(
            Make(weights => weights.Keys.Where(name => name.Contains("mlp", StringComparison.Ordinal)).ToList().ForEach(name => weights.Remove(name))),
            "*6 missing*, …*");

    [Fact]
    public void What_follows_from_the_configuration_may_be_there_and_is_passed_over() =>
        Load(Make(weights =>
        {
            foreach (string table in (string[])["inv_freq", "cos_cached", "sin_cached"])
                weights[$"model.layers.0.self_attn.rotary_emb.{table}"] = rand(2);
        }));

    [Theory]
    [InlineData]
    [InlineData("model.", "lm_head")]
    [InlineData("lm_head", "model.")]
    public void The_head_of_a_tied_model_may_be_there_if_it_is_the_embedding(params string[] shards)
    {
        string[][] parts = [.. shards.Select(shard => new[] { shard })];
        CheckpointReader reader = CheckpointReader.Open(
            Whole(Make(weights => weights["lm_head.weight"] = weights["model.embed_tokens.weight"].fill_(3).to(ScalarType.BFloat16), parts)), Tied);
        using WeightStorage filled = new(Tied, ScalarType.Float32, CPU);
        reader.Fill(filled.Parameters);
        filled.Embedding.data<float>().ToArray().Should().OnlyContain(value => value == 3);

        Action load = () => Load(Whole(Make(weights => weights["lm_head.weight"] = weights["model.embed_tokens.weight"] + 1, parts)), Tied);
        load.Should().Throw<InvalidDataException>().WithMessage("*safetensors: 'lm_head.weight' and*hold different values*tie_word_embeddings to false*");
        ((Action)(() => Load(Whole(Make(weights => weights["lm_head.weight"] = rand(3, 8), parts)), Tied)))
            .Should().Throw<InvalidDataException>().WithMessage("*'lm_head.weight' has shape [3, 8], expected [11, 8]*");
    }

    [Fact]
    public void The_head_of_an_untied_model_must_be_there() => ShouldRefuse(Make(weights => weights.Remove("lm_head.weight")), "*1 missing: lm_head.weight*");

    [Fact]
    public void Nan_in_weights_is_refused_with_the_tensor_and_the_number() => ShouldRefuse(
        Make(weights => weights["model.norm.weight"][2] = float.NaN), "*model.safetensors: tensor 'model.norm.weight'*1 NaN or infinite values among 8*");

    [Fact]
    public void Weights_stored_as_integers_are_refused_by_name()
    {
        Action load = () => Load(Make(weights => weights["model.norm.weight"] = ones(8, dtype: ScalarType.Int8)));
        load.Should().Throw<NotSupportedException>().WithMessage("*'model.norm.weight' is stored as I8*");
    }

    [Fact]
    public void A_file_cut_at_any_byte_is_refused()
    {
        MemoryCheckpoint checkpoint = Make();
        byte[] file = checkpoint.Files["model.safetensors"];
        for (int length = 0; length < file.Length; length += 1 + length / 100)
        {
            checkpoint.Files["model.safetensors"] = file[..length];
            ShouldRefuse(checkpoint, "*model.safetensors: *");
        }
    }

    [Fact]
    public void A_configuration_that_claims_more_than_the_file_holds_costs_nothing()
    {
        DecoderConfig lying = DecoderConfig.Parse(Fixtures.Config(("hidden_size", 2_000_000), ("vocab_size", 2_000_000_000)), "config.json");
        Action load = () => Load(Make(), lying);
        load.Should().Throw<InvalidDataException>().WithMessage("*expected [2000000000, 2000000]*");
    }

    [Fact]
    public void Without_weight_files_the_message_says_what_is_read()
    {
        Action load = () => Load(new MemoryCheckpoint { Files = { ["pytorch_model.bin"] = [] } });
        load.Should().Throw<FileNotFoundException>().WithMessage("'memory' has neither model.safetensors nor*");
    }

    [Fact]
    public void A_missing_shard_is_refused_by_name()
    {
        MemoryCheckpoint checkpoint = MakeSharded();
        checkpoint.Files.Remove("model-00002-of-00002.safetensors");
        Action load = () => Load(checkpoint);
        load.Should().Throw<FileNotFoundException>().WithMessage("*'model-00002-of-00002.safetensors', which is missing*");
    }

    [Theory]
    [InlineData("../model-00002-of-00002.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("sub\\model.safetensors")]
    [InlineData("")]
    [InlineData("pytorch_model.bin")]
    public void An_index_that_names_a_file_outside_the_folder_is_refused(string file) =>
        ShouldRefuse(MakeSharded(map => map["lm_head.weight"] = file), $"*model.safetensors.index.json: 'weight_map' names '{file}'*");

    [Fact]
    public void A_tensor_in_two_shards_is_refused_by_name() =>
        ShouldRefuse(
            MakeSharded(second: ["lm_head", "norm.weight"]),
            "*'model*norm.weight' is in 'model-00001-of-00002.safetensors' and in 'model-00002-of-00002.safetensors'*");

    [Fact]
    public void A_tensor_in_another_shard_than_the_index_says_is_refused_by_name() => ShouldRefuse(
        MakeSharded(map => map["model.norm.weight"] = "model-00002-of-00002.safetensors"),
        "*'model.norm.weight' should be in 'model-00002*', but is in 'model-00001*");

    [Fact]
    public void A_tensor_that_only_the_index_names_is_refused_by_name() => ShouldRefuse(
        MakeSharded(map => map["model.extra"] = "model-00002-of-00002.safetensors"), "*'model.extra' should be in 'model-00002*is in none*");

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"weight_map":{}}""")]
    [InlineData("""{"weight_map":[]}""")]
    [InlineData("""{"weight_map":{"a":1}}""")]
    [InlineData("""{"weight_map":{"a":null}}""")]
    [InlineData("""{"weight_map":{"a":"b.safetensors","a":"c.safetensors"}}""")]
    public void A_damaged_index_is_refused(string index)
    {
        MemoryCheckpoint checkpoint = MakeSharded();
        checkpoint.Files["model.safetensors.index.json"] = System.Text.Encoding.UTF8.GetBytes(index);
        ShouldRefuse(checkpoint, "*model.safetensors.index.json: *");
    }
}
