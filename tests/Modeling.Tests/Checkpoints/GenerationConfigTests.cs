using System.Text;

namespace MLNetAttn.Modeling.Tests;

public sealed class GenerationConfigTests
{
    private static readonly DecoderConfig Config = DecoderConfig.Parse(Fixtures.Config(("eos_token_id", new[] { 2, 5 }), ("pad_token_id", 0)), "config.json");

    private static GenerationConfig Parse(string json) => GenerationConfig.Parse(Encoding.UTF8.GetBytes(json), "generation_config.json", Config);

    [Fact]
    public void An_absent_file_means_the_ids_of_the_configuration()
    {
        GenerationConfig generation = GenerationConfig.Load(new MemoryCheckpoint(), Config);
        generation.EosTokenIds.Should().Equal(2, 5);
        generation.BosTokenId.Should().Be(1);
        generation.PadTokenId.Should().Be(0);
        generation.Temperature.Should().BeNull();
    }

    [Fact]
    public void One_more_token_may_end_responses_and_the_rest_of_the_file_stays()
    {
        const string json =
            """{"eos_token_id":[3,4],"bos_token_id":6,"pad_token_id":7,"do_sample":true,"max_new_tokens":512,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":0.1,"repetition_penalty":1.1,"later":[1]}""";
        GenerationConfig before = Parse(json), after = before.EndingAt(9);
        after.Should().BeEquivalentTo(before, options => options.Excluding(c => c.Document).Excluding(c => c.EosTokenIds));
        after.EosTokenIds.Should().Equal(9, 3, 4);
        before.EosTokenIds.Should().Equal(3, 4);
        Parse(Encoding.UTF8.GetString(after.ToJson())).EosTokenIds.Should().Equal(9, 3, 4);
        Encoding.UTF8.GetString(after.ToJson()).Should().Contain("\"later\"");
        after.EndingAt(4).EosTokenIds.Should().Equal(4, 9, 3);
        GenerationConfig.For(Config).EndingAt(1).EosTokenIds.Should().Equal(1, 2, 5);
    }

    [Fact]
    public void Every_key_is_read_and_unknown_ones_are_kept()
    {
        GenerationConfig generation = Parse(
            """{"eos_token_id":[3,4],"bos_token_id":6,"pad_token_id":7,"do_sample":true,"max_new_tokens":512,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":0.1,"repetition_penalty":1.1,"later":[1]}""");

        generation.Should().BeEquivalentTo(new
        {
            EosTokenIds = new[] { 3, 4 },
            BosTokenId = 6,
            PadTokenId = 7,
            DoSample = true,
            MaxNewTokens = 512,
            Temperature = 0.6,
            TopK = 20,
            TopP = 0.95,
            MinP = 0.1,
            RepetitionPenalty = 1.1,
        });
        Parse(Encoding.UTF8.GetString(generation.ToJson())).Should().BeEquivalentTo(generation, options => options.Excluding(c => c.Document));
        Encoding.UTF8.GetString(generation.ToJson()).Should().Contain("\"later\"");
    }

    [Fact]
    public void One_made_in_code_is_written_and_read_again()
    {
        GenerationConfig made = new() { EosTokenIds = [9], Temperature = 0.5, TopK = -1, MaxNewTokens = 100 };
        Parse(Encoding.UTF8.GetString(made.ToJson()))
            .Should().BeEquivalentTo(made, options => options
                .Excluding(c => c.Document)
                .Excluding(c => c.BosTokenId)
                .Excluding(c => c.PadTokenId));
    }

    [Theory]
    [InlineData("""{}""", 0, 0, 1, 0, 1)]
    [InlineData("""{"temperature":0.6,"top_k":20,"top_p":0.9,"repetition_penalty":1.1}""", 0, 0, 1, 0, 1.1)]
    [InlineData("""{"do_sample":false,"temperature":0.6}""", 0, 0, 1, 0, 1)]
    [InlineData("""{"do_sample":true}""", 1, 50, 1, 0, 1)]
    [InlineData("""{"do_sample":true,"temperature":0.6,"top_k":0,"top_p":0.9,"min_p":0.05,"repetition_penalty":1.1}""", 0.6, 0, 0.9, 0.05, 1.1)]
    public void Options_are_what_generate_would_take(string json, double temperature, int topK, double topP, double minP, double penalty)
    {
        GenerationOptions options = Parse(json).ToOptions();
        options.Should().Be(new GenerationOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, RepetitionPenalty = penalty });
        options.Invoking(it => it.Validate(prompts: 1)).Should().NotThrow();
        Parse(json.TrimEnd('}') + (json.Length > 2 ? "," : "") + "\"max_new_tokens\":7}").ToOptions().Should().Be(options with { MaxNewTokens = 7 });
    }

    [Theory]
    [InlineData("""{"temperature":"hot"}""", "*'temperature' is \"hot\"*")]
    [InlineData("""{"max_new_tokens":true}""", "*'max_new_tokens' is true*")]
    [InlineData("""{"min_p":"x"}""", "*'min_p' is \"x\"*")]
    [InlineData("""{"eos_token_id":"</s>"}""", "*'eos_token_id'*")]
    [InlineData("""[]""", "*JSON object*")]
    [InlineData("""{""", "*no valid JSON*")]
    public void A_value_that_is_none_of_its_kind_is_refused_by_name(string json, string message)
    {
        Action parse = () => Parse(json);
        parse.Should().Throw<InvalidDataException>().WithMessage("generation_config.json: *").WithMessage(message);
    }

    [Fact]
    public void Numbers_out_of_range_are_refused_where_they_would_be_taken_and_nowhere_before()
    {
        const string json = """{"do_sample":true,"temperature":-1,"top_k":-2,"top_p":1.01,"min_p":2,"repetition_penalty":0,"max_new_tokens":0}""";
        GenerationConfig generation = Parse(json);
        generation.Invoking(it => it.ToOptions()).Should().Throw<InvalidOptionsException>()
            .WithMessage("generation_config.json (correct it, or give GenerationOptions of your own): *TopP is 1.01, expected 0 to 1*")
            .Which.Violations.Select(violation => violation.Option).Should().BeEquivalentTo(
                "Temperature", "TopK", "TopP", "MinP", "RepetitionPenalty", "MaxNewTokens");
        Parse(Encoding.UTF8.GetString(generation.ToJson())).TopP.Should().Be(1.01, "what was read is written again");

        Parse("""{"top_p":1.01,"top_k":-2}""").ToOptions().Temperature.Should().Be(0, "greedy decoding takes neither");
    }

    [Fact]
    public void Where_top_k_is_off_all_tokens_are_kept() => Parse("""{"do_sample":true,"top_k":-1}""").ToOptions().TopK.Should().Be(0);

    [Theory]
    [InlineData("""{"eos_token_id":-1}""", new int[0])]
    [InlineData("""{"eos_token_id":[3,-1]}""", new[] { 3 })]
    [InlineData("""{"eos_token_id":null,"bos_token_id":-1,"pad_token_id":-1}""", new[] { 2, 5 })]
    public void Minus_one_is_no_token(string json, int[] eos)
    {
        GenerationConfig generation = Parse(json);
        generation.EosTokenIds.Should().Equal(eos);
        (generation.BosTokenId, generation.PadTokenId).Should().Be((1, 0));
    }
}
