namespace MLNetAttn.Modeling;

internal enum JinjaTokenKind
{
    /// <summary>Text outside of tags.</summary>
    Data,

    /// <summary><c>{%</c></summary>
    BlockBegin,

    /// <summary><c>%}</c></summary>
    BlockEnd,

    /// <summary><c>{{</c></summary>
    VariableBegin,

    /// <summary><c>}}</c></summary>
    VariableEnd,
    Name,

    /// <summary>A text in quotes, without them.</summary>
    String,
    Integer,
    Float,
    Operator,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A piece of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">How it is written; of a text in quotes what it means.</param>
/// <param name="Position">Where it begins in the source.</param>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Position)
{
    public bool IsName(string name) => Kind == JinjaTokenKind.Name && Text == name;

    public bool IsOperator(string symbol) => Kind == JinjaTokenKind.Operator && Text == symbol;

    /// <summary>The token for messages.</summary>
    public override string ToString() => Kind switch
    {
        JinjaTokenKind.Data => "text",
        JinjaTokenKind.End => "the end of the template",
        JinjaTokenKind.String => "a text in quotes",
        _ => $"'{Text}'",
    };
}
