using System.Collections.Frozen;
using System.Text;

namespace MLNetAttn.Pipelines;

/// <summary>The words of a text that say what it is about: maximal runs of letters and numbers (Unicode categories L and N), lower-cased, without
/// function words.</summary>
/// <remarks>The paper does not define content words. Function words are 136 English ones, such as "the", "of" and "they"; a number, a name of a variable and a
/// piece of LaTeX are content.</remarks>
public static class ContentWords
{
    private static readonly Lazy<FrozenSet<string>> English = new(ReadEnglish);

    /// <summary>The English function words that are left out.</summary>
    public static IReadOnlySet<string> FunctionWords => English.Value;

    /// <summary>The content words of a text, each once.</summary>
    /// <param name="text">The text.</param>
    /// <param name="functionWords">The words to leave out, in lower case; null = <see cref="FunctionWords"/>.</param>
    public static IReadOnlySet<string> Of(string text, IReadOnlySet<string>? functionWords = null)
    {
        functionWords ??= FunctionWords;
        var words = new HashSet<string>(StringComparer.Ordinal);
        var word = new StringBuilder();
        foreach (Rune rune in text.ToLowerInvariant().EnumerateRunes())
        {
            if (Rune.IsLetter(rune) || Rune.IsNumber(rune)) word.Append(rune.ToString());
            else End();
        }
        End();
        return words;

        void End()
        {
            if (word.Length > 0 && word.ToString() is var found && !functionWords.Contains(found)) words.Add(found);
            word.Clear();
        }
    }

    /// <summary>How much two sets overlap: |A ∩ B| / |A ∪ B|, 1 where both are empty (Eq. 11).</summary>
    /// <param name="first">A.</param>
    /// <param name="second">B.</param>
    public static double Jaccard(IReadOnlySet<string> first, IReadOnlySet<string> second)
    {
        int common = first.Count(second.Contains), all = first.Count + second.Count - common;
        return all == 0 ? 1 : (double)common / all;
    }

    private static FrozenSet<string> ReadEnglish()
    {
        using Stream list = typeof(ContentWords).Assembly.GetManifestResourceStream("function-words-en.txt")!;
        using var reader = new StreamReader(list);
        return reader.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);
    }
}
