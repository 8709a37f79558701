using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetAttn.Modeling;

namespace MLNetAttn.Transforms.Tests;

public sealed class TextNotesTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Rows_with_text_outside_the_vocabulary_are_counted_once_each_with_an_example()
    {
        using CausalLanguageModel model = TinyModels.CreateWithUnknown();
        Notes(model, (0, "1 + 1"), (1, "ab!z"), (1, "?"), (4, "\U0001F600")).Should().ContainSingle().Which.Should().Contain(
            "2 of 9 prompts have text that the tokenizer does not know, such as '!' in row 1: the model reads '<unk>' instead");
    }

    [Fact]
    public void Nothing_is_said_where_all_is_known_or_the_vocabulary_lacks_nothing()
    {
        using CausalLanguageModel lacking = TinyModels.CreateWithUnknown(), complete = TinyModels.Create(), ids = TinyModels.CreateWithoutTokenizer();
        Notes(lacking, (0, "1 + 1")).Should().BeEmpty();
        Notes(complete, (0, "1 + 1")).Should().BeEmpty();
        var notes = new TextNotes(Host(), ids);
        notes.Encoded(0, "1", [1]);
        notes.Invoking(it => it.WarnOfUnknown(1, "prompts")).Should().NotThrow();
    }

    private WarningList Notes(CausalLanguageModel model, params (int Row, string Text)[] texts)
    {
        var warnings = new WarningList(_ml);
        var notes = new TextNotes(Host(), model);
        foreach ((int row, string text) in texts) notes.Encoded(row, text, model.Tokenizer.Encode(text));
        notes.WarnOfUnknown(9, "prompts");
        return warnings;
    }

    private IHost Host() => ((IHostEnvironment)_ml).Register("test");
}
