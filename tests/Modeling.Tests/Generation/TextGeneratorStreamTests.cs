namespace MLNetAttn.Modeling.Tests;

public sealed class TextGeneratorStreamTests
{
    private static readonly int[] Prompt = [10, 20, 30];

    [Theory]
    [InlineData("bytelevel-qwen")]
    [InlineData("bytelevel-llama3")]
    public async Task The_pieces_joined_are_the_text_and_none_ends_in_half_a_character(string tokenizer)
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer(tokenizer, seed: 3);
        for (long seed = 0; seed < 8; seed++)
        {
            var options = new GenerationOptions { MaxNewTokens = 30, Seed = seed, StopStrings = seed % 2 == 0 ? [] : ["th", "er", "0"] };
            GeneratedSequence expected = model.Generate([Prompt], options)[0];
            List<string> pieces = await model.Generator().StreamAsync(Prompt, options).ToListAsync();
            string.Concat(pieces).Should().Be(expected.Text);
            pieces.Should().OnlyContain(piece => piece.Length > 0 && !char.IsHighSurrogate(piece[piece.Length - 1]));

            List<GeneratedToken> tokens = await model.Generator().StreamTokensAsync(Prompt, options).ToListAsync();
            tokens.Select(token => token.TokenId).Should().Equal(expected.TokenIds);
            tokens.Select(token => token.LogProbability).Should().Equal(expected.LogProbabilities);
            string.Concat(tokens.Select(token => token.Text)).Should().Be(expected.Text);
            tokens.SkipLast(1).Should().OnlyContain(token => token.FinishReason == null);
            tokens[^1].FinishReason.Should().Be(expected.FinishReason);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Leaving_the_loop_frees_everything(int tokens)
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        await model.Generator().StreamTokensAsync(Prompt, Endless).FirstAsync();
        long before = LiveTensors.Settle();
        await foreach (GeneratedToken _ in model.Generator().StreamTokensAsync(Prompt, Endless))
            if (--tokens == 0) break;
        LiveTensors.Now.Should().Be(before);
        await foreach (string _ in model.Generator().StreamAsync(Prompt, Endless)) break;
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public async Task Cancelling_ends_the_stream_and_frees_everything()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        await model.Generator().StreamTokensAsync(Prompt, Endless).FirstAsync();
        long before = LiveTensors.Settle();
        foreach (bool onEnumerator in (bool[])[false, true])
        {
            using var source = new CancellationTokenSource();
            int seen = 0;
            Func<Task> read = async () =>
            {
                await foreach (GeneratedToken _ in model.Generator()
                        .StreamTokensAsync(Prompt, Endless, onEnumerator ? default : source.Token)
                        .WithCancellation(onEnumerator ? source.Token : default))
                    if (++seen == 3) await source.CancelAsync();
            };
            await read.Should().ThrowAsync<OperationCanceledException>();
            seen.Should().Be(3);
            LiveTensors.Now.Should().Be(before);
        }
        Func<Task> late = async () => await model.Generator().StreamAsync(Prompt, Endless, new CancellationToken(canceled: true)).FirstAsync();
        await late.Should().ThrowAsync<OperationCanceledException>();
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public async Task A_stream_that_was_only_made_computes_nothing_and_one_read_twice_repeats()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        long before = LiveTensors.Settle();
        IAsyncEnumerable<GeneratedToken> stream = model.Generator().StreamTokensAsync(Prompt, new() { MaxNewTokens = 6 });
        LiveTensors.Now.Should().Be(before);
        (await stream.ToListAsync()).Should().Equal(await stream.ToListAsync());
    }

    [Fact]
    public async Task Streams_and_batches_at_once_do_not_disturb_each_other()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        GenerationOptions Options(long seed) => new() { MaxNewTokens = 25, Seed = seed, RepetitionPenalty = 1.1, StopTokenIds = [] };
        string[] expected = [.. Enumerable.Range(0, 6).Select(seed => model.Generate([Prompt], Options(seed))[0].Text!)];
        long before = LiveTensors.Settle();
        Task<string>[] streams = [.. Enumerable.Range(0, 6)
            .Select(async seed => string.Concat(await model.Generator().StreamAsync(Prompt, Options(seed)).ToListAsync()))];
        Task<string> batch = Task.Run(() => model.Generate([Prompt], Options(5))[0].Text!);
        (await Task.WhenAll(streams)).Should().Equal(expected);
        (await batch).Should().Be(expected[5]);
        LiveTensors.Now.Should().Be(before);
    }

    [Fact]
    public void What_cannot_be_streamed_is_refused_by_the_call()
    {
        using CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        TextGenerator generator = model.Generator();
        generator.Invoking(it => it.StreamAsync(Prompt, new() { SamplesPerPrompt = 2, MaxNewTokens = 9 }))
            .Should().Throw<ArgumentException>().WithMessage("*SamplesPerPrompt is 2, expected 1*");
        generator.Invoking(it => it.StreamAsync(Prompt, new() { Temperature = -1 })).Should().Throw<ArgumentException>().WithMessage("*Temperature is -1*");
        generator.Invoking(it => it.StreamAsync("", new() { MaxNewTokens = 2 })).Should().Throw<ArgumentException>().WithMessage("*prompt has no tokens*");
        generator.Invoking(it => it.StreamTokensAsync(Prompt, new() { MaxNewTokens = 5000 }))
            .Should().Throw<ArgumentException>().WithMessage("*context of 256*");
    }

    [Fact]
    public async Task A_model_disposed_under_a_stream_is_named()
    {
        CausalLanguageModel model = TinyModel.CreateWithTokenizer();
        TextGenerator generator = model.Generator();
        Func<Task> read = async () =>
        {
            await foreach (GeneratedToken _ in generator.StreamTokensAsync(Prompt, Endless)) model.Dispose();
        };
        await read.Should().ThrowAsync<ObjectDisposedException>();
        generator.Invoking(it => it.StreamAsync(Prompt)).Should().Throw<ObjectDisposedException>();
    }

    private static GenerationOptions Endless => new() { MaxNewTokens = 200, StopTokenIds = [], RepetitionPenalty = 1.2 };
}
