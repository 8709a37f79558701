using System.Text.Json.Nodes;

namespace MLNetAttn.Modeling.Tests;

public sealed class CausalLanguageModelAdaptersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CausalLanguageModelAdaptersTests()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        model.SavePretrained(Base);
    }

    public void Dispose() => _folder.Dispose();

    private string Base => _folder.File("base");

    [Fact]
    public void A_new_adapter_names_the_folder_that_holds_the_weights_it_is_on()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Base), clone = model.Clone(),
            adapted = model.WithTrained(), plain = adapted.WithoutAdapter();
        foreach (CausalLanguageModel held in (CausalLanguageModel[])[model, clone, plain]) BaseOfNewAdapter(held).Should().Be(Base);
    }

    [Fact]
    public void Weights_that_are_no_folders_any_more_have_no_name()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Base), adapted = model.WithTrained(),
            merged = adapted.MergeAdapter(), changing = model.CloneToChange(), made = TinyModel.Create();
        foreach (CausalLanguageModel other in (CausalLanguageModel[])[merged, changing, made]) BaseOfNewAdapter(other).Should().BeNull();
        merged.SavePretrained(_folder.File("merged"));
        using CausalLanguageModel again = CausalLanguageModel.FromPretrained(_folder.File("merged"));
        BaseOfNewAdapter(again).Should().Be(_folder.File("merged"));
    }

    [Fact]
    public void An_adapter_beside_its_base_belongs_to_that_one_wherever_both_were_moved()
    {
        using (CausalLanguageModel model = CausalLanguageModel.FromPretrained(Base), adapted = model.WithTrained())
            adapted.SavePretrained(_folder.File("both"));
        Directory.Move(_folder.File("both"), _folder.File("moved"));
        using CausalLanguageModel read = CausalLanguageModel.FromPretrained(_folder.File("moved")), plain = read.WithoutAdapter();
        BaseOf(read).Should().Be(_folder.File("moved"));
        BaseOfNewAdapter(plain).Should().BeNull("the folder has an adapter beside the weights, which PEFT would load with them");
    }

    [Fact]
    public void What_a_file_says_of_its_base_stays()
    {
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Base);
        using (CausalLanguageModel adapted = model.WithTrained()) adapted.SaveAdapter(_folder.File("adapter"));
        string file = Path.Combine(_folder.File("adapter"), "adapter_config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(file))!;
        (config["base_model_name_or_path"], config["revision"]) = ("org/base", "v2");
        File.WriteAllText(file, config.ToJsonString());
        using CausalLanguageModel read = model.WithAdapter(_folder.File("adapter")), copy = read.Clone();
        foreach (CausalLanguageModel one in (CausalLanguageModel[])[read, copy])
        {
            JsonNode saved = Saved(one);
            saved["base_model_name_or_path"]!.ToString().Should().Be("org/base");
            saved["revision"]!.ToString().Should().Be("v2");
        }
        read.SavePretrained(_folder.File("both"));
        JsonNode beside = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.File("both"), "adapter_config.json")))!;
        beside["base_model_name_or_path"]!.ToString().Should().Be(_folder.File("both"));
        beside["revision"].Should().BeNull("the version is that of another place");
    }

    [Fact]
    public void Nothing_is_left_where_the_tokenizer_beside_an_adapter_is_damaged()
    {
        using (CausalLanguageModel model = CausalLanguageModel.FromPretrained(Base), adapted = model.WithTrained()) adapted.SaveAdapter(Base);
        File.WriteAllText(Path.Combine(Base, "tokenizer.json"), "{}");
        long before = LiveTensors.Settle();
        FluentActions.Invoking(() => CausalLanguageModel.FromPretrained(Base)).Should().Throw<InvalidDataException>();
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void Nothing_is_left_where_merging_or_copying_fails()
    {
        using CausalLanguageModel model = TinyModel.Create(), adapted = model.WithTrained();
        adapted.Decoder.Adapter!.Dispose();
        long before = LiveTensors.Settle();
        FluentActions.Invoking(adapted.MergeAdapter).Should().Throw<Exception>();
        LiveTensors.Now.Should().Be(before);
        FluentActions.Invoking(adapted.Clone).Should().Throw<Exception>();
        LiveTensors.Now.Should().Be(before);
        FluentActions.Invoking(() => adapted.CloneAdapter()).Should().Throw<Exception>();
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void Nothing_is_left_where_an_adapter_cannot_be_made()
    {
        using CausalLanguageModel model = TinyModel.Create();
        model.Decoder.Weights.Storage[^2].Dispose();
        long before = LiveTensors.Settle();
        FluentActions.Invoking(() => model.WithAdapter(TinyAdapter.AllLinear)).Should().Throw<Exception>();
        LiveTensors.Now.Should().Be(before);
    }

    private string? BaseOfNewAdapter(CausalLanguageModel model)
    {
        using CausalLanguageModel adapted = model.WithAdapter(new LoraOptions());
        return BaseOf(adapted);
    }

    private string? BaseOf(CausalLanguageModel adapted) => Saved(adapted)["base_model_name_or_path"]?.ToString();

    private JsonNode Saved(CausalLanguageModel adapted)
    {
        adapted.SaveAdapter(_folder.File("saved"));
        return JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.File("saved"), "adapter_config.json")))!;
    }
}
