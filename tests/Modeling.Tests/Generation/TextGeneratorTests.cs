using CsCheck;

namespace MLNetAttn.Modeling.Tests;

public sealed class TextGeneratorTests
{
    private static readonly int[][] Prompts = [TinyModel.Ids(7, 1), TinyModel.Ids(3, 2), TinyModel.Ids(12, 3), TinyModel.Ids(7, 4), TinyModel.Ids(1, 5)];

    [Theory]
    [InlineData(0)]
    [InlineData(0.9)]
    public void Rows_do_not_depend_on_batch_size_neighbours_or_order(double temperature)
    {
        using CausalLanguageModel model = TinyModel.Create();
        var options = new GenerationOptions
        {
            MaxNewTokens = 24,
            Temperature = temperature,
            SamplesPerPrompt = 3,
            PromptSeeds = [5, 6, 7, 8, 9],
            StopTokenIds = [4, 9],
        };
        IReadOnlyList<GeneratedSequence> together = model.Generate(Prompts, options);

        // 1 draws every sample on its own, 2 parts the samples of a prompt, 7 holds two prompts.
        foreach (int size in (int[])[1, 2, 7, 15, 99])
            Same(model.Generator().Generate(Prompts, options with { BatchSize = size }), together);

        int[] order = [3, 0, 4, 2, 1];
        IReadOnlyList<GeneratedSequence> shuffled = model.Generate(
            [.. order.Select(i => Prompts[i])], options with { PromptSeeds = [.. order.Select(i => 5L + i)] });
        for (int place = 0; place < order.Length; place++)
            Same([.. shuffled.Skip(3 * place).Take(3)], [.. together.Skip(3 * order[place]).Take(3)]);

        static void Same(IReadOnlyList<GeneratedSequence> found, IReadOnlyList<GeneratedSequence> expected)
        {
            found.Select(row => row.TokenIds).Should().BeEquivalentTo(expected.Select(row => row.TokenIds), it => it.WithStrictOrdering());
            found.Select(row => (row.SampleIndex, row.FinishReason)).Should().Equal(expected.Select(row => (row.SampleIndex, row.FinishReason)));
            found.SelectMany(row => row.LogProbabilities)
                .Zip(expected.SelectMany(row => row.LogProbabilities), (a, b) => Math.Abs(a - b))
                .Max()
                .Should().BeLessThan(1e-4f);
        }
    }

    [Fact]
    public void More_samples_leave_the_first_ones_as_they_were()
    {
        using CausalLanguageModel model = TinyModel.Create();
        int[][] Samples(int count) =>
            [.. model.Generate([Prompts[0]], new() { MaxNewTokens = 20, SamplesPerPrompt = count, Seed = 3 }).Select(row => row.TokenIds)];
        Samples(5)[..2].Should().BeEquivalentTo(Samples(2), it => it.WithStrictOrdering());
    }

    [Fact]
    public void Log_probabilities_are_those_of_the_distribution_that_was_drawn_from()
    {
        using CausalLanguageModel model = TinyModel.Create();
        foreach (GeneratedSequence row in model.Generate(Prompts, new() { MaxNewTokens = 10, TopK = 1, Temperature = 0.7 }))
            row.LogProbabilities.Should().OnlyContain(log => log == 0);
        GeneratedSequence all = model.Generate([Prompts[0]], new() { MaxNewTokens = 40 })[0],
            few = model.Generate([Prompts[0]], new() { MaxNewTokens = 40, TopP = 0.5 })[0];
        few.LogProbabilities[0].Should().BeGreaterThan(all.LogProbabilities[0], "what is cut away makes the others likelier");
    }

    [Theory]
    [InlineData("bytelevel-qwen")]
    [InlineData("bytelevel-llama3")]
    public void A_stop_string_ends_a_response_wherever_it_lies(string tokenizer)
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer(tokenizer);
        var open = new GenerationOptions { MaxNewTokens = 12, Seed = 2 };
        GeneratedSequence whole = model.Generate([[10, 20, 30]], open)[0];
        whole.Text.Should().Be(model.Tokenizer.Decode(whole.TokenIds, skipSpecialTokens: true));
        for (int start = 0; start < whole.Text!.Length; start++)
            foreach (int length in (int[])[1, 2, 7])
            {
                string stop = whole.Text.Substring(start, Math.Min(length, whole.Text.Length - start));
                if (char.IsLowSurrogate(stop[0]) || char.IsHighSurrogate(stop[^1])) continue;
                GeneratedSequence cut = model.Generate([[10, 20, 30]], open with { StopStrings = [stop] })[0];
                cut.FinishReason.Should().Be(FinishReason.StopString);
                cut.Text.Should().Be(whole.Text[..whole.Text.IndexOf(stop, StringComparison.Ordinal)]);
                cut.TokenIds.Should().Equal(whole.TokenIds[..cut.TokenIds.Length], "what was sampled stays, the stop string included");
                cut.LogProbabilities.Should().HaveCount(cut.TokenIds.Length);
                model.Tokenizer.Decode(cut.TokenIds, skipSpecialTokens: true).Should().Contain(stop);
            }
    }

    [Fact]
    public void A_stop_string_that_does_not_come_changes_nothing()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        var open = new GenerationOptions { MaxNewTokens = 10, SamplesPerPrompt = 8 };
        IReadOnlyList<GeneratedSequence> expected = model.Generate([[10, 20, 30]], open);
        string longer = expected[0].Text + " and more than the output";
        model.Generate([[10, 20, 30]], open with { StopStrings = [longer] }).Should().BeEquivalentTo(expected, "text that was held back comes at the end");
    }

    [Fact]
    public void Rows_end_each_by_its_own_stop_string_stop_token_or_length()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        int[] stops = [.. Enumerable.Range(100, 60), model.Tokenizer.TokenToId("<|im_end|>")!.Value];
        IReadOnlyList<GeneratedSequence> rows = model.Generate(
            [[10, 20, 30]], new() { MaxNewTokens = 8, SamplesPerPrompt = 80, StopStrings = ["a", "th"], StopTokenIds = stops });
        rows.Select(row => row.FinishReason).Distinct().Should().BeEquivalentTo(Enum.GetValues<FinishReason>());
        foreach (GeneratedSequence row in rows)
        {
            string whole = model.Tokenizer.Decode(row.TokenIds, skipSpecialTokens: true);
            row.Text.Should().NotContainAny("a", "th");
            (row.FinishReason switch
            {
                FinishReason.StopToken => stops.Contains(row.TokenIds[^1]) && row.Text == whole,
                FinishReason.StopString => whole.Length > row.Text!.Length && whole.StartsWith(row.Text, StringComparison.Ordinal),
                _ => row.TokenIds.Length == 8 && row.Text == whole,
            }).Should().BeTrue(row.FinishReason.ToString());
        }
    }

    [Fact]
    public void Text_prompts_are_encoded_as_the_options_say()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer("sentencepiece-bpe");
        var options = new GenerationOptions { MaxNewTokens = 8 };
        foreach (bool special in (bool[])[true, false])
            model.Generator().Generate(["one two", "three"], options with { AddSpecialTokens = special }).Should().BeEquivalentTo(
                model.Generate([model.Tokenizer.Encode("one two", special), model.Tokenizer.Encode("three", special)], options));
    }

    [Fact]
    public void Without_options_the_model_is_asked_how()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("mlnetattn-");
        try
        {
            using CausalLanguageModel made = TinyModel.Create(config: TinyModel.Config(context: 1024));
            made.SavePretrained(folder.FullName);
            int next = made.Generate([Prompts[0]], new() { Temperature = 0, MaxNewTokens = 4, StopTokenIds = [] })[0].TokenIds[3];
            File.WriteAllText(Path.Combine(folder.FullName, "generation_config.json"), $$"""{"eos_token_id":[{{next}},49]}""");
            using CausalLanguageModel model = CausalLanguageModel.FromPretrained(folder.FullName);
            model.Config.EosTokenIds.Should().Equal([1], "config.json says so, and generation_config.json counts");
            GeneratedSequence row = model.Generator().Generate([Prompts[0]])[0];
            row.TokenIds[^1].Should().Be(next);
            row.TokenIds.Length.Should().BeLessThanOrEqualTo(4);
            row.FinishReason.Should().Be(FinishReason.StopToken);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_model_without_tokenizer_gives_no_text_and_refuses_it()
    {
        using CausalLanguageModel model = TinyModel.Create();
        model.Generate([[3]], new() { MaxNewTokens = 2 })[0].Text.Should().BeNull();
        model.Generator().Invoking(it => it.Generate(["text"])).Should().Throw<InvalidOperationException>().WithMessage("*no tokenizer.json*");
        model.Generator().Invoking(it => it.StreamAsync([3])).Should().Throw<InvalidOperationException>().WithMessage("*no tokenizer.json*");
    }

    [Fact]
    public void Progress_counts_tokens_and_responses_of_all_batches()
    {
        using CausalLanguageModel model = TinyModel.Create();
        var reports = new Reports();
        IReadOnlyList<GeneratedSequence> rows = model.Generator().Generate(
            Prompts, new() { MaxNewTokens = 9, BatchSize = 2, StopTokenIds = [4, 9, 17] }, reports);
        reports.Should().OnlyContain(report => report.TotalResponses == 5);
        reports.Select(report => report.Tokens).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
        reports.Select(report => report.FinishedResponses).Should().BeInAscendingOrder();
        reports[^1].Should().Be(new GenerationProgress(5, 5, rows.Sum(row => row.TokenIds.Length)));
    }

    [Fact]
    public void It_is_cancelled_between_two_tokens_and_leaves_nothing_behind()
    {
        using CausalLanguageModel model = TinyModel.Create();
        model.Generate(Prompts, new() { MaxNewTokens = 5 });
        long before = LiveTensors.Settle();
        using var source = new CancellationTokenSource();
        var cancelling = new Reports { Then = report => { if (report.Tokens >= 15) source.Cancel(); } };
        model.Generator()
            .Invoking(it => it.Generate(Prompts, new() { StopTokenIds = [], MaxNewTokens = 99, RepetitionPenalty = 1.1 }, cancelling, source.Token))
            .Should().Throw<OperationCanceledException>();
        cancelling[^1].Tokens.Should().Be(15);
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void Any_options_give_responses_that_keep_to_them()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer(stop: "<|im_end|>");
        Gen
            .Select(
                Gen.Int[1, 12],
                Gen.Double[0, 1.5].Select(it => it < 1e-6 ? 0 : it),
                Gen.Int[0, 5],
                Gen.Double[0, 1],
                Gen.Double[0, 1],
                Gen.Double[0.5, 2],
                Gen.Int[1, 3],
                Gen.Int[1, 4])
            .Sample((tokens, temperature, topK, topP, minP, penalty, samples, size) =>
            {
                var options = new GenerationOptions
                {
                    MaxNewTokens = tokens,
                    Temperature = temperature,
                    TopK = topK,
                    TopP = topP,
                    MinP = minP,
                    RepetitionPenalty = penalty,
                    SamplesPerPrompt = samples,
                    BatchSize = size,
                    StopStrings = ["e"],
                };
                IReadOnlyList<GeneratedSequence> rows = model.Generator().Generate([[5], [6, 7, 8]], options);
                return rows.Count == 2 * samples
                    && rows.All(row =>
                        row.TokenIds.Length >= 1 && row.TokenIds.Length <= tokens && row.LogProbabilities.Length == row.TokenIds.Length
                        && row.LogProbabilities.All(log => log <= 0 && float.IsFinite(log)) && !row.Text!.Contains('e', StringComparison.Ordinal)
                        && (row.FinishReason != FinishReason.Length || row.TokenIds.Length == tokens));
            }, iter: 60, threads: 1);
    }

    /// <summary>What was reported, at once and on the same thread.</summary>
    private sealed class Reports : List<GenerationProgress>, IProgress<GenerationProgress>
    {
        public Action<GenerationProgress>? Then { get; init; }

        public void Report(GenerationProgress value)
        {
            Add(value);
            Then?.Invoke(value);
        }
    }
}
