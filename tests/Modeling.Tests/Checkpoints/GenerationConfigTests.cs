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
            """{"eos_token_id":[3,4],"bos_token_id":6,"pad_token_id":7,"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":0.1,"repetition_penalty":1.1,"later":[1]}""";
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
            """{"eos_token_id":[3,4],"bos_token_id":6,"pad_token_id":7,"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":0.1,"repetition_penalty":1.1,"later":[1]}""");

        generation.Should().BeEquivalentTo(new
        {
            EosTokenIds = new[] { 3, 4 },
            BosTokenId = 6,
            PadTokenId = 7,
            DoSample = true,
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
        GenerationConfig made = new() { EosTokenIds = [9], Temperature = 0.5, TopK = 0 };
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
    }

    [Theory]
    [InlineData("""{"temperature":-1}""", "*temperature*-1*")]
    [InlineData("""{"top_k":-1}""", "*top_k*-1*")]
    [InlineData("""{"top_p":1.5}""", "*top_p*1.5*")]
    [InlineData("""{"min_p":"x"}""", "*'min_p' is \"x\"*")]
    [InlineData("""{"repetition_penalty":0}""", "*repetition_penalty*0*")]
    [InlineData("""{"eos_token_id":"</s>"}""", "*'eos_token_id'*")]
    [InlineData("""[]""", "*JSON object*")]
    [InlineData("""{""", "*no valid JSON*")]
    public void A_wrong_value_is_refused_by_name(string json, string message)
    {
        Action parse = () => Parse(json);
        parse.Should().Throw<InvalidDataException>().WithMessage("generation_config.json: *").WithMessage(message);
    }

    [Fact]
    public void Everything_wrong_with_one_made_in_code_is_said_at_once()
    {
        Action write = () => new GenerationConfig { Temperature = double.NaN, TopK = -1, TopP = -1, MinP = 2, RepetitionPenalty = -1 }.ToJson();
        write.Should().Throw<ArgumentException>().Which.Message.Should().ContainAll("Temperature", "TopK", "TopP", "MinP", "RepetitionPenalty");
    }
}
