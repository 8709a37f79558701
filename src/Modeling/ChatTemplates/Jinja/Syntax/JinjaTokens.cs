using System.Runtime.CompilerServices;

namespace MLNetAttn.Modeling;

/// <summary>The tokens of a template, read one after the other.</summary>
internal sealed class JinjaTokens(IReadOnlyList<JinjaToken> tokens)
{
    private const int MaximumDepth = 200;

    private int _index;
    private int _depth;

    public JinjaToken Current => tokens[_index];

    /// <summary>The token after the current one.</summary>
    public JinjaToken Following => tokens[Math.Min(_index + 1, tokens.Count - 1)];

    public JinjaToken Take()
    {
        JinjaToken token = Current;
        _index = Math.Min(_index + 1, tokens.Count - 1);
        return token;
    }

    public bool SkipName(string name)
    {
        bool found = Current.IsName(name);
        if (found)
            Take();
        return found;
    }

    public bool SkipOperator(string symbol)
    {
        bool found = Current.IsOperator(symbol);
        if (found)
            Take();
        return found;
    }

    /// <exception cref="JinjaException">Another token is here.</exception>
    public JinjaToken Expect(JinjaTokenKind kind, string expected) => Current.Kind == kind ? Take() : throw Unexpected(expected);

    public string ExpectName(string expected = "a name") => Expect(JinjaTokenKind.Name, expected).Text;

    public void ExpectWord(string word)
    {
        if (!SkipName(word))
            throw Unexpected($"'{word}'");
    }

    public int ExpectOperator(string symbol) => Current.IsOperator(symbol) ? Take().Position : throw Unexpected($"'{symbol}'");

    public JinjaException Unexpected(string expected) => JinjaException.Invalid($"found {Current}, expected {expected}", Current.Position);

    /// <summary>Parses what may nest, so deep at most that the stack bears it.</summary>
    public T Nest<T>(Func<T> parse)
    {
        if (++_depth > MaximumDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw JinjaException.Invalid("expressions or blocks are nested too deep", Current.Position);
        T parsed = parse();
        _depth--;
        return parsed;
    }
}
