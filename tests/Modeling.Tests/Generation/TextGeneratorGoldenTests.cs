using System.Text.Json;

namespace MLNetAttn.Modeling.Tests;

public sealed class TextGeneratorGoldenTests
{
    // From a step on where the two best logits are closer than this, rounding may choose either.
    private const double Undecided = 1e-3;

    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [Fact]
    public void Greedy_answers_of_the_real_model_are_those_of_transformers()
    {
        Answer[] expected = Golden.Json("smollm2", "greedy.json").Deserialize<Answer[]>(Format)!;
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(RealModel.Require());
        expected.Should().NotBeEmpty().And.OnlyContain(answer => model.Tokenizer.Encode(answer.Prompt, false, true).SequenceEqual(answer.PromptIds));

        // One batch, padded to the longest prompt; the options that generation_config.json recommends are greedy.
        int longest = expected.Max(answer => answer.NewIds.Length);
        IReadOnlyList<GeneratedSequence> found = model.Generator().Generate(
            [.. expected.Select(answer => answer.Prompt)], model.GenerationConfig.ToOptions() with { MaxNewTokens = longest, AddSpecialTokens = false });

        foreach ((Answer answer, GeneratedSequence row) in expected.Zip(found))
        {
            int decided = answer.Margins.TakeWhile(margin => margin >= Undecided).Count();
            row.TokenIds.Take(decided).Should().Equal(answer.NewIds.Take(decided), answer.Prompt);
            if (decided < answer.NewIds.Length) continue;
            row.TokenIds.Should().HaveSameCount(answer.NewIds);
            row.Text.Should().Be(answer.Text);
            row.FinishReason.Should().Be(model.GenerationConfig.EosTokenIds.Contains(answer.NewIds[^1]) ? FinishReason.StopToken : FinishReason.Length);
        }
    }

    private sealed record Answer(string Prompt, int[] PromptIds, int[] NewIds, string Text, double[] Margins);
}
