using TorchSharp;

namespace MLNetAttn.Modeling.Tests;

public sealed class SequenceGeneratorGoldenTests
{
    public static IEnumerable<TheoryDataRow<string>> Models => GoldenModel.Names;

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_tokens_equal_those_of_transformers(string name)
    {
        using GoldenModel golden = GoldenModel.Load(name);
        int[] expected = golden.Ids("single.greedy")[0];
        int[] prompt = golden.Ids("single.input_ids")[0][..12];
        Generate(golden, [prompt], expected.Length - prompt.Length)[0].Should().Equal(expected[prompt.Length..]);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_tokens_of_a_padded_batch_equal_those_of_transformers(string name)
    {
        using GoldenModel golden = GoldenModel.Load(name);
        int[][] expected = Continuations(golden, "batch.greedy");
        Generate(golden, golden.BatchPrompts(), expected[0].Length).Should().BeEquivalentTo(expected, o => o.WithStrictOrdering());
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Greedy_tokens_with_a_repetition_penalty_equal_those_of_transformers(string name)
    {
        using GoldenModel golden = GoldenModel.Load(name);
        int[][] expected = Continuations(golden, "batch.greedy_repetition_penalty_1.3");
        int[][] prompts = golden.BatchPrompts(), found = Generate(golden, prompts, expected[0].Length, penalty: 1.3);
        int longest = prompts.Max(prompt => prompt.Length),
            padding = golden.Ids("batch.input_ids").Zip(prompts)
                .Where(row => row.Second.Length < longest)
                .Select(row => row.First[0])
                .FirstOrDefault(-1);
        for (int row = 0; row < prompts.Length; row++)
        {
            // In a padded row transformers counts the padding as seen. That makes no other token likelier to us, so the rows agree until we choose it.
            int chosen = prompts[row].Length < longest ? Array.IndexOf(found[row], padding) : -1;
            found[row][..(chosen < 0 ? found[row].Length : chosen)].Should().Equal(expected[row][..(chosen < 0 ? expected[row].Length : chosen)]);
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void A_row_ends_with_its_stop_token_while_the_others_go_on(string name)
    {
        using GoldenModel golden = GoldenModel.Load(name);
        int stop = (int)golden["batch.stop_token"].to(torch.ScalarType.Int64).ToInt64();
        int[][] expected = Continuations(golden, "batch.greedy_stop");
        int[][] found = Generate(golden, golden.BatchPrompts(), golden.Ids("batch.greedy")[0].Length - golden.Ids("batch.input_ids")[0].Length, stop: stop);
        for (int row = 0; row < found.Length; row++)
        {
            int end = Array.IndexOf(expected[row], stop);
            found[row].Should().Equal(end < 0 ? expected[row] : expected[row][..(end + 1)]);
        }
    }

    private static int[][] Continuations(GoldenModel golden, string name)
    {
        int prompt = golden.Ids("batch.input_ids")[0].Length;
        return [.. golden.Ids(name).Select(row => row[prompt..])];
    }

    private static int[][] Generate(GoldenModel golden, int[][] prompts, int tokens, double penalty = 1, int? stop = null) =>
        [.. golden.Model
            .Generate(prompts, new GenerationOptions
            {
                MaxNewTokens = tokens,
                Temperature = 0,
                RepetitionPenalty = penalty,
                StopTokenIds = stop is { } id ? [id] : [],
            })
            .Select(g => g.TokenIds)];
}
