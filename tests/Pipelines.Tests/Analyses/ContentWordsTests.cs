using System.Text.Json;

namespace MLNetAttn.Pipelines;

public sealed class ContentWordsTests
{
    [Fact]
    public void Words_are_those_of_the_reference()
    {
        foreach (JsonElement example in Golden.Json("perturbation", "cases.json").GetProperty("content_words").EnumerateArray())
            ContentWords.Of(example.GetProperty("text").GetString()!).Order(StringComparer.Ordinal)
                .Should().Equal(example.GetProperty("words").EnumerateArray().Select(word => word.GetString()));
    }

    [Fact]
    public void Function_words_are_english_and_may_be_replaced()
    {
        ContentWords.FunctionWords.Should().HaveCount(136).And.Contain(["the", "of"]);
        ContentWords.Of("Der Hund und the dog", new HashSet<string> { "der", "und" }).Should().BeEquivalentTo("hund", "the", "dog");
    }

    [Fact]
    public void Overlap_is_shared_words_over_all_words_and_one_where_there_are_none()
    {
        ContentWords.Jaccard(ContentWords.Of("7 apples cost 3"), ContentWords.Of("3 pears cost 7 7")).Should().Be(0.6);
        ContentWords.Jaccard(ContentWords.Of("the"), ContentWords.Of("")).Should().Be(1);
        ContentWords.Jaccard(ContentWords.Of("a1"), ContentWords.Of("b2")).Should().Be(0);
    }
}
