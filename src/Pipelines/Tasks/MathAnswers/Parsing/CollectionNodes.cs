namespace MLNetAttn.Pipelines;

/// <summary>Objects in an order that counts.</summary>
internal sealed class TupleNode(IReadOnlyList<MathNode> elements) : MathNode
{
    public IReadOnlyList<MathNode> Elements { get; } = elements;

    public override bool IsScalar => false;

    protected override string WriteKey() => $"<{Join(Elements, ordered: true)}>";
}

/// <summary>Objects, each once, whose written order is kept for comparison with tuples.</summary>
internal sealed class FiniteSetNode : MathNode
{
    public FiniteSetNode(IEnumerable<MathNode> written)
    {
        Written = [.. written];
        Members = [.. Written.DistinctBy(element => element.Key)];
    }

    /// <summary>As written.</summary>
    public IReadOnlyList<MathNode> Written { get; }

    /// <summary>Without repetitions.</summary>
    public IReadOnlyList<MathNode> Members { get; }

    public override bool IsScalar => false;

    protected override string WriteKey() => $"{{{Join(Members, ordered: false)}}}";
}

/// <summary>The real numbers between two ends.</summary>
internal sealed class IntervalNode(MathNode left, MathNode right, bool leftOpen, bool rightOpen) : MathNode
{
    public MathNode Left { get; } = left;

    public MathNode Right { get; } = right;

    /// <summary>Whether the left end is left out; an infinite end always is.</summary>
    public bool LeftOpen { get; } = leftOpen || IsInfinite(left);

    /// <summary>Whether the right end is left out; an infinite end always is.</summary>
    public bool RightOpen { get; } = rightOpen || IsInfinite(right);

    /// <summary>Whether it was written like a pair: (a, b).</summary>
    public bool IsOpen => LeftOpen && RightOpen;

    public override bool IsScalar => false;

    protected override string WriteKey() => $"{(LeftOpen ? '(' : '[')}{Left.Key},{Right.Key}{(RightOpen ? ')' : ']')}";

    private static bool IsInfinite(MathNode end) => NumericEvaluation.Constant(end) is { } value && double.IsInfinity(value.Real);
}

/// <summary>What a <see cref="SetOperationNode"/> does.</summary>
internal enum SetOperation
{
    Union,
    Intersection,
    Difference,
}

/// <summary>A set made of two others.</summary>
internal sealed class SetOperationNode(SetOperation operation, MathNode left, MathNode right) : MathNode
{
    public SetOperation Operation { get; } = operation;

    public MathNode Left { get; } = left;

    public MathNode Right { get; } = right;

    public override bool IsScalar => false;

    protected override string WriteKey() => $"({Operation} {Join([Left, Right], ordered: Operation == SetOperation.Difference)})";
}

/// <summary>A set of numbers with a name of its own: N, Z, Q, R or C.</summary>
internal sealed class NumberSetNode(char letter) : MathNode
{
    public char Letter { get; } = letter;

    public override bool IsScalar => false;

    protected override string WriteKey() => $"set {Letter}";
}

/// <summary>How two sides are related.</summary>
internal enum RelationKind
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>An equation or inequality.</summary>
internal sealed class RelationNode(RelationKind kind, MathNode left, MathNode right) : MathNode
{
    public RelationKind Kind { get; } = kind;

    public MathNode Left { get; } = left;

    public MathNode Right { get; } = right;

    public override bool IsScalar => false;

    protected override string WriteKey() => $"({Kind} {Join([Left, Right], ordered: true)})";
}

/// <summary>Relations one after the other, such as 0 &lt; x &lt; 1: the right side of each is the left side of the next.</summary>
internal sealed class ChainNode(IReadOnlyList<RelationNode> relations) : MathNode
{
    public IReadOnlyList<RelationNode> Relations { get; } = relations;

    public override bool IsScalar => false;

    protected override string WriteKey() => $"(and {Join(Relations, ordered: true)})";
}
