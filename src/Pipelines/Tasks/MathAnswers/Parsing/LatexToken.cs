namespace MLNetAttn.Pipelines;

/// <summary>What a piece of LaTeX is.</summary>
internal enum LatexTokenKind
{
    End,
    Number,
    Percent,
    Letter,
    Symbol,
    Styled,
    Infinity,
    Degree,
    Function,
    Operator,
    Root,
    Fraction,
    Binomial,
    Choose,
    Series,
    Open,
    Close,
    Bar,
    Comma,
    Semicolon,
    Plus,
    Minus,
    PlusMinus,
    Times,
    Divide,
    Modulo,
    Power,
    Subscript,
    Factorial,
    Relation,
    Approximately,
    ElementOf,
    SetOperation,
    NumberSet,
    EmptySet,
    BeginMatrix,
    EndMatrix,
    NextColumn,
    NextRow,
}

/// <summary>A piece of LaTeX.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its name or digits; of <see cref="LatexTokenKind.Styled"/> the styled text.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where the next one may begin.</param>
internal readonly record struct LatexToken(LatexTokenKind Kind, string Text, int Start, int End);
