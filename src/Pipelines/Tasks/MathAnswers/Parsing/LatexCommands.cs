using System.Collections.Frozen;

namespace MLNetAttn.Pipelines;

/// <summary>The commands and characters that are understood. A formula with any other is not read at all: half of a formula is another formula.</summary>
internal static class LatexCommands
{
    // Before the table that is made of it.
    private static readonly string[] Greek =
    [
        "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu",
        "nu", "xi", "omicron", "pi", "rho", "varsigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
    ];

    /// <summary>Commands by name, without the backslash; null = space.</summary>
    public static readonly FrozenDictionary<string, (LatexTokenKind Kind, string Text)?> ByName = Table();

    /// <summary>Characters that stand for themselves.</summary>
    public static readonly FrozenDictionary<char, (LatexTokenKind Kind, string Text)> ByCharacter = new Dictionary<char, (LatexTokenKind, string)>
    {
        ['+'] = (LatexTokenKind.Plus, "+"),
        ['-'] = (LatexTokenKind.Minus, "-"),
        ['−'] = (LatexTokenKind.Minus, "-"),
        ['±'] = (LatexTokenKind.PlusMinus, "±"),
        ['*'] = (LatexTokenKind.Times, "*"),
        ['×'] = (LatexTokenKind.Times, "*"),
        ['⋅'] = (LatexTokenKind.Times, "*"),
        ['∗'] = (LatexTokenKind.Times, "*"),
        ['∙'] = (LatexTokenKind.Times, "*"),
        ['/'] = (LatexTokenKind.Divide, "/"),
        ['÷'] = (LatexTokenKind.Divide, "/"),
        [':'] = (LatexTokenKind.Divide, "/"),
        ['^'] = (LatexTokenKind.Power, "^"),
        ['_'] = (LatexTokenKind.Subscript, "_"),
        ['!'] = (LatexTokenKind.Factorial, "!"),
        ['°'] = (LatexTokenKind.Degree, "°"),
        [','] = (LatexTokenKind.Comma, ","),
        [';'] = (LatexTokenKind.Semicolon, ";"),
        ['&'] = (LatexTokenKind.NextColumn, "&"),
        ['|'] = (LatexTokenKind.Bar, "|"),
        ['('] = (LatexTokenKind.Open, "("),
        [')'] = (LatexTokenKind.Close, ")"),
        ['['] = (LatexTokenKind.Open, "["),
        [']'] = (LatexTokenKind.Close, "]"),
        ['{'] = (LatexTokenKind.Open, "{"),
        ['}'] = (LatexTokenKind.Close, "}"),
        ['='] = (LatexTokenKind.Relation, "="),
        ['≡'] = (LatexTokenKind.Relation, "="),
        ['<'] = (LatexTokenKind.Relation, "<"),
        ['>'] = (LatexTokenKind.Relation, ">"),
        ['≤'] = (LatexTokenKind.Relation, "<="),
        ['≥'] = (LatexTokenKind.Relation, ">="),
        ['≠'] = (LatexTokenKind.Relation, "!="),
        ['≈'] = (LatexTokenKind.Approximately, "≈"),
        ['∪'] = (LatexTokenKind.SetOperation, "cup"),
        ['∩'] = (LatexTokenKind.SetOperation, "cap"),
        ['∖'] = (LatexTokenKind.SetOperation, "setminus"),
        ['∅'] = (LatexTokenKind.EmptySet, "∅"),
        ['ℕ'] = (LatexTokenKind.NumberSet, "N"),
        ['ℤ'] = (LatexTokenKind.NumberSet, "Z"),
        ['ℚ'] = (LatexTokenKind.NumberSet, "Q"),
        ['ℝ'] = (LatexTokenKind.NumberSet, "R"),
        ['ℂ'] = (LatexTokenKind.NumberSet, "C"),
    }.ToFrozenDictionary();

    /// <summary>Greek letters of Unicode, from α to ω; ς (which follows ρ) has a name too.</summary>
    public static string? GreekName(char letter)
    {
        int index = char.ToLowerInvariant(letter) - 'α';
        if (index < 0 || index >= Greek.Length)
            return null;
        return char.IsUpper(letter) ? char.ToUpperInvariant(Greek[index][0]) + Greek[index][1..] : Greek[index];
    }

    private static FrozenDictionary<string, (LatexTokenKind, string)?> Table()
    {
        var table = new Dictionary<string, (LatexTokenKind, string)?>();

        void Add(LatexTokenKind kind, string names)
        {
            foreach (string name in names.Split(' '))
                table[name] = (kind, name);
        }

        void AddAs(LatexTokenKind kind, string text, string names)
        {
            foreach (string name in names.Split(' '))
                table[name] = (kind, text);
        }

        foreach (string space in "thinspace medspace thickspace quad qquad negthinspace negmedspace negthickspace vspace hfil".Split(' '))
            table[space] = null;
        Add(LatexTokenKind.Symbol, string.Join(' ', Greek));
        Add(LatexTokenKind.Symbol, "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega varepsilon vartheta varpi varrho varphi");
        Add(
            LatexTokenKind.Symbol,
            "ell hbar nabla angle measuredangle imath jmath Re Im wp varnothing complement triangle square Diamond lozenge prime surd bigstar clubsuit diamondsuit heartsuit spadesuit flat natural sharp");
        Add(
            LatexTokenKind.Styled,
            "acute bar overline breve check dot ddot grave hat widehat tilde widetilde vec overrightarrow bm boldsymbol text textit textbf textnormal mathbb mathbf mathcal mathfrak mathit mathnormal mathrm mathscr mathsf mathtt mbox");
        Add(LatexTokenKind.Infinity, "infty");
        Add(LatexTokenKind.Degree, "circ degree");
        Add(
            LatexTokenKind.Function,
            "log ln exp sin cos tan csc sec cot arcsin arccos arctan arccsc arcsec arccot sinh cosh tanh arsinh arcosh artanh arcsinh arccosh arctanh floor ceil det gcd lcm max min");
        Add(LatexTokenKind.Operator, "operatorname");
        Add(LatexTokenKind.Root, "sqrt");
        AddAs(LatexTokenKind.Fraction, "frac", "frac dfrac tfrac cfrac");
        AddAs(LatexTokenKind.Binomial, "binom", "binom tbinom dbinom");
        Add(LatexTokenKind.Choose, "choose");
        Add(LatexTokenKind.Series, "sum prod");
        AddAs(LatexTokenKind.Times, "*", "times cdot");
        AddAs(LatexTokenKind.Divide, "/", "div over");
        Add(LatexTokenKind.Modulo, "mod");
        AddAs(LatexTokenKind.PlusMinus, "±", "pm mp");
        AddAs(LatexTokenKind.Relation, "=", "equiv");
        AddAs(LatexTokenKind.Relation, "<", "lt");
        AddAs(LatexTokenKind.Relation, ">", "gt");
        AddAs(LatexTokenKind.Relation, "<=", "le leq leqslant");
        AddAs(LatexTokenKind.Relation, ">=", "ge geq geqslant");
        AddAs(LatexTokenKind.Relation, "!=", "ne neq");
        AddAs(LatexTokenKind.Approximately, "≈", "approx");
        Add(LatexTokenKind.ElementOf, "in");
        Add(LatexTokenKind.SetOperation, "cup cap setminus");
        Add(LatexTokenKind.EmptySet, "emptyset");
        AddAs(LatexTokenKind.Open, "[", "lbrack");
        AddAs(LatexTokenKind.Close, "]", "rbrack");
        AddAs(LatexTokenKind.Open, "(", "lgroup");
        AddAs(LatexTokenKind.Close, ")", "rgroup");
        Add(LatexTokenKind.Open, "lbrace lfloor lceil lvert");
        Add(LatexTokenKind.Close, "rbrace rfloor rceil rvert");
        AddAs(LatexTokenKind.Bar, "|", "vert");
        return table.ToFrozenDictionary();
    }
}
