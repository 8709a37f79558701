using static TorchSharp.torch;

namespace MLNetAttn.Modeling.Tests;

public sealed class SequenceGeneratorTests
{
    private static readonly int[][] Prompts = [TinyModel.Ids(7, 1), TinyModel.Ids(3, 2), TinyModel.Ids(12, 3)];

    [Fact]
    public void The_seed_repeats_a_run_and_another_seed_does_not()
    {
        using CausalLanguageModel model = TinyModel.Create();
        Ids(model.Generate(Prompts, Options(seed: 5))).Should().Equal(Ids(model.Generate(Prompts, Options(seed: 5))));
        Ids(model.Generate(Prompts, Options(seed: 6))).Should().NotEqual(Ids(model.Generate(Prompts, Options(seed: 5))));
    }

    [Fact]
    public void A_row_with_a_seed_of_its_own_does_not_depend_on_its_neighbours()
    {
        using CausalLanguageModel model = TinyModel.Create();
        IReadOnlyList<GeneratedSequence> together = model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 20, PromptSeeds = [11, 12, 13] });
        for (int i = 0; i < Prompts.Length; i++)
            model.Generate([Prompts[i]], new GenerationOptions { MaxNewTokens = 20, PromptSeeds = [11 + i] })[0].TokenIds.Should().Equal(together[i].TokenIds);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public void Logits_that_are_not_finite_are_refused_by_the_number_of_their_prompt(double temperature)
    {
        using CausalLanguageModel model = WithBadToken();
        // The longest prompt is computed last.
        int[][] prompts = [GoodPrompts[0], [.. TinyModel.Ids(20, 4), BadToken, 3], GoodPrompts[1], GoodPrompts[2]];
        var options = new GenerationOptions { Temperature = temperature, MaxNewTokens = 1, BatchSize = 2 };
        FluentActions.Invoking(() => model.Generate(prompts, options))
            .Should().Throw<NotFiniteNumberException>().WithMessage("Row 1: the logits of token 0 of the response are not finite*");
        FluentActions.Invoking(() => model.Generate(prompts, options with { SamplesPerPrompt = 3, BatchSize = null }))
            .Should().Throw<NotFiniteNumberException>().WithMessage("Row 1, sample 0: the logits of token 0 of the response are not finite*");
    }

    [Fact]
    public void What_follows_the_end_of_a_row_may_be_anything()
    {
        using CausalLanguageModel model = WithBadToken();
        // Until a quarter of the rows has ended, those that have are computed on, from a token that makes their logits NaN.
        IReadOnlyList<GeneratedSequence> rows = model.Generate(
            GoodPrompts, new GenerationOptions { MaxNewTokens = 15, SamplesPerPrompt = 20, StopTokenIds = [BadToken] });
        rows.Should().Contain(row => row.FinishReason == FinishReason.StopToken && row.TokenIds.Length < 15)
            .And.Contain(row => row.FinishReason == FinishReason.Length);
        rows.SelectMany(row => row.LogProbabilities).Should().NotContain(log => float.IsNaN(log));
    }

    [Fact]
    public void Samples_of_one_prompt_differ_and_come_in_order()
    {
        using CausalLanguageModel model = TinyModel.Create();
        IReadOnlyList<GeneratedSequence> rows = model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 12, SamplesPerPrompt = 4 });
        rows.Select(r => (r.PromptIndex, r.SampleIndex)).Should().Equal(from p in Enumerable.Range(0, 3) from s in Enumerable.Range(0, 4) select (p, s));
        rows.Where(r => r.PromptIndex == 0).Select(r => string.Join(' ', r.TokenIds)).Distinct().Count().Should().BeGreaterThan(1);
    }

    [Fact]
    public void Log_probabilities_are_those_of_a_teacher_forced_pass()
    {
        using CausalLanguageModel model = TinyModel.Create();
        foreach (GeneratedSequence row in model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 30, Temperature = 0.8, SamplesPerPrompt = 3 }))
        {
            RhythmAnalysis analysis = model.AnalyzeRhythm(
                [new TokenSequence(Prompts[row.PromptIndex], row.TokenIds)], new RhythmOptions { Temperature = 0.8 })[0];
            analysis.LogProbabilities.Zip(row.LogProbabilities, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(1e-4f);
        }
    }

    [Fact]
    public void Rows_end_with_a_stop_token_or_at_the_maximum_length()
    {
        using CausalLanguageModel model = TinyModel.Create();
        IReadOnlyList<GeneratedSequence> rows = model.Generate(
            Prompts, new GenerationOptions { MaxNewTokens = 15, SamplesPerPrompt = 20, StopTokenIds = [4, 9, 17] });
        rows.Should().Contain(r => r.FinishReason == FinishReason.StopToken).And.Contain(r => r.FinishReason == FinishReason.Length);
        foreach (GeneratedSequence row in rows)
        {
            row.TokenIds.SkipLast(1).Should().NotContain([4, 9, 17]);
            if (row.FinishReason == FinishReason.StopToken) row.TokenIds[^1].Should().BeOneOf(4, 9, 17);
            else row.TokenIds.Should().HaveCount(15);
            row.LogProbabilities.Should().HaveSameCount(row.TokenIds);
        }
    }

    [Fact]
    public void Rows_that_leave_the_batch_do_not_change_the_others()
    {
        using CausalLanguageModel model = TinyModel.Create();
        int[][] open = [.. model.Generate(Prompts, Options(seed: 3, stop: [])).Select(r => r.TokenIds)];
        int[][] stopping = [.. model.Generate(Prompts, Options(seed: 3, stop: [4, 9, 17])).Select(r => r.TokenIds)];
        for (int i = 0; i < open.Length; i++) stopping[i].Should().Equal(open[i][..stopping[i].Length]);
        stopping.Should().Contain(row => row.Length < open[0].Length);
    }

    [Fact]
    public void Cancellation_ends_the_work()
    {
        using CausalLanguageModel model = TinyModel.Create();
        FluentActions.Invoking(() => model.Generate(Prompts, Options(seed: 1), new CancellationToken(canceled: true)))
            .Should().Throw<OperationCanceledException>();
    }

    [Fact]
    public void No_tensor_is_left_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 80, SamplesPerPrompt = 4, RepetitionPenalty = 1.2 });
        long before = LiveTensors.Settle();
        for (int i = 0; i < 5; i++)
            model.Generate(Prompts, new GenerationOptions { MaxNewTokens = 80, SamplesPerPrompt = 4, RepetitionPenalty = 1.2, Seed = i });
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void Bad_prompts_are_named()
    {
        using CausalLanguageModel model = TinyModel.Create();
        Refused([Prompts[0], []], "Row 1: the prompt has no tokens*");
        Refused([[3, 50]], "Row 0: token 1 of the prompt is 50, expected an id from 0 to 49*");
        Refused([[3, -1]], "Row 0: token 1 of the prompt is -1*");
        Refused(
            [Prompts[0], TinyModel.Ids(256, 1)],
            "Row 1: the prompt alone has 256 tokens, which leaves no room for a response in the model's context of 256. Shorten it.");
        Refused([TinyModel.Ids(250, 1)], "Row 0: the prompt has 250 tokens and up to 40 are to follow, more than the model's context of 256*");
        model.Generate([], Options(seed: 1)).Should().BeEmpty();

        void Refused(int[][] prompts, string message) =>
            FluentActions.Invoking(() => model.Generate(prompts, Options(seed: 1))).Should().Throw<ArgumentException>().WithMessage(message);
    }

    private const int BadToken = 49;

    private static readonly int[][] GoodPrompts = [TinyModel.Ids(7, 1, BadToken), TinyModel.Ids(3, 2, BadToken), TinyModel.Ids(12, 3, BadToken)];

    /// <summary>A model that computes NaN once it has read one certain token.</summary>
    private static CausalLanguageModel WithBadToken()
    {
        CausalLanguageModel model = TinyModel.Create(config: TinyModel.Config(tied: false));
        using (no_grad()) model.Parameters["model.embed_tokens.weight"][BadToken] = float.NaN;
        return model;
    }

    private static GenerationOptions Options(long seed, int[]? stop = null) => new() { MaxNewTokens = 40, Seed = seed, StopTokenIds = stop };

    private static int[] Ids(IReadOnlyList<GeneratedSequence> rows) => [.. rows.SelectMany(r => r.TokenIds)];
}
