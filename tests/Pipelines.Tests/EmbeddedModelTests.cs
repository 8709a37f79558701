using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetAttn.Modeling;

namespace MLNetAttn.Pipelines;

/// <summary>models/countdown is what its README says.</summary>
public sealed class EmbeddedModelTests
{
    private static readonly string Folder = Repository.Path("models", "countdown");

    [Fact]
    public void It_is_a_small_folder_whose_tokenizer_knows_the_vocabulary_of_the_task()
    {
        Directory.GetFiles(Folder).Sum(file => new FileInfo(file).Length).Should().BeLessThan(3_000_000);
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Folder);
        var vocabulary = new CountdownVocabulary();
        model.Config.VocabularySize.Should().Be(vocabulary.Tokens.Count);
        vocabulary.Tokens.Select(model.Tokenizer.TokenToId).Should().Equal(Enumerable.Range(0, vocabulary.Tokens.Count).Select(id => (int?)id));
    }

    [Fact]
    public void Greedily_it_solves_about_half_of_the_unseen_problems_so_that_there_is_something_to_learn()
    {
        var ml = new MLContext(seed: 1);
        using CausalLanguageModel model = CausalLanguageModel.FromPretrained(Folder);
        IDataView unseen = ml.Data.LoadFromEnumerable(Countdown.Generate(512, seed: 1, split: CountdownSplit.Test));
        IDataView scored = ml.Transforms.GenerateText(model, maxNewTokens: 112, temperature: 0)
            .Append(ml.Transforms.CountdownReward())
            .Fit(unseen)
            .Transform(unseen);
        scored.GetColumn<float>("Reward").Average().Should().BeInRange(0.35f, 0.55f);
    }
}
