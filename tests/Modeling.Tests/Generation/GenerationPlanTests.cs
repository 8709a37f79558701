namespace MLNetAttn.Modeling.Tests;

public sealed class GenerationPlanTests
{
    // A tiny model has 2 · 3 layers · 2 heads · 8 numbers a position, in float32.
    private const int BytesPerPosition = 2 * 3 * 2 * 8 * sizeof(float);

    private static readonly int[][] Prompts = [TinyModel.Ids(12, 1), TinyModel.Ids(3, 2), TinyModel.Ids(5, 3)];

    [Fact]
    public void Batches_keep_samples_together_and_take_short_prompts_first()
    {
        using CausalLanguageModel model = TinyModel.Create();
        Batches(new() { SamplesPerPrompt = 2 }).Should().Equal("112200");
        Batches(new() { SamplesPerPrompt = 2, BatchSize = 5 }).Should().Equal("1122", "00");
        Batches(new() { SamplesPerPrompt = 2, BatchSize = 3 }).Should().Equal("11", "22", "00");
        Batches(new() { SamplesPerPrompt = 2, BatchSize = 1 }).Should().Equal("1", "1", "2", "2", "0", "0");
        Batches(new() { SamplesPerPrompt = 5, BatchSize = 4 }).Should().Equal("1111", "1222", "2200", "000");

        IEnumerable<string> Batches(GenerationOptions options)
        {
            GenerationPlan plan = GenerationPlan.Create(model, Prompts, options with { MaxNewTokens = 4 });
            return plan.Batches(plan.CreateRows(streamed: false)).Select(batch => string.Concat(batch.Select(row => row.Prompt)));
        }
    }

    [Fact]
    public void A_cache_that_fits_just_so_is_taken()
    {
        using CausalLanguageModel model = TinyModel.Create();
        // 3 prompts × 4 samples × (12 + 20 - 1) positions: the last token is never read.
        var options = new GenerationOptions { MaxNewTokens = 20, SamplesPerPrompt = 4, MaximumCacheBytes = 12 * 31 * BytesPerPosition };
        model.Generate(Prompts, options).Should().HaveCount(12);
        Refused(model, options with { MaximumCacheBytes = options.MaximumCacheBytes - 1 });
        model.Generate([], options with { MaximumCacheBytes = 1 }).Should().BeEmpty();
    }

    [Fact]
    public void A_cache_that_would_not_fit_is_refused_with_what_to_lower()
    {
        using CausalLanguageModel model = TinyModel.Create();
        var options = new GenerationOptions { MaxNewTokens = 20, SamplesPerPrompt = 4, MaximumCacheBytes = 5 * 31 * BytesPerPosition + 1 };
        Refused(model, options).Should().Be(
            $"GenerationOptions: MaximumCacheBytes is {options.MaximumCacheBytes}, but the keys and values of 12 responses, of up to 31 tokens with their prompts, need {12 * 31 * BytesPerPosition}. " +
            "Lower BatchSize to 5 or less, or lower SamplesPerPrompt or MaxNewTokens, or load the model as BFloat16 (it is Float32 now).");
        model.Generator().Generate(Prompts, options with { BatchSize = 5 }).Should().HaveCount(12);

        GenerationOptions small = options with { MaximumCacheBytes = 25 * BytesPerPosition };
        Refused(model, small).Should().Contain("Not even one response fits: lower MaxNewTokens to 14 or less, or load");
        model.Generator().Generate(Prompts, small with { MaxNewTokens = 14, BatchSize = 1 }).Should().HaveCount(12);

        Refused(model, options with { MaximumCacheBytes = 11 * BytesPerPosition })
            .Should().Contain($"The longest prompt alone, 12 tokens, needs {12 * BytesPerPosition} bytes: shorten it");
    }

    [Fact]
    public void Nothing_is_allocated_before_the_refusal()
    {
        using CausalLanguageModel model = TinyModel.Create();
        long before = LiveTensors.Settle(), peak = TorchSharp.torch.Tensor.PeakCount;
        Refused(model, new() { MaxNewTokens = 20, MaximumCacheBytes = 100 });
        LiveTensors.Now.Should().Be(before);
        TorchSharp.torch.Tensor.PeakCount.Should().Be(peak);
    }

    [Fact]
    public void Of_the_tokens_that_a_model_recommends_there_are_as_many_as_the_context_leaves()
    {
        using var folder = new TemporaryFolder();
        using (CausalLanguageModel made = TinyModel.Create()) made.SavePretrained(folder.Path);
        File.WriteAllText(folder.File("generation_config.json"), "{\"max_new_tokens\":250,\"eos_token_id\":1}");
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder.Path);
        GenerationPlan.Create(model, Prompts, given: null).CreateRows(streamed: false).Select(row => row.Limit).Should().Equal(244, 250, 250);
        FluentActions.Invoking(() => GenerationPlan.Create(model, Prompts, model.GenerationConfig.ToOptions()))
            .Should().Throw<ArgumentException>().WithMessage("Row 0: *up to 250 are to follow*");
        FluentActions.Invoking(() => GenerationPlan.Create(model, [Prompts[0], TinyModel.Ids(256, 1)], given: null))
            .Should().Throw<ArgumentException>().WithMessage("Row 1: *leaves no room*");
    }

    private static string Refused(CausalLanguageModel model, GenerationOptions options) =>
        FluentActions.Invoking(() => model.Generate(Prompts, options))
            .Should().Throw<ArgumentException>().WithMessage("GenerationOptions: MaximumCacheBytes is*")
            .Which.Message;
}
