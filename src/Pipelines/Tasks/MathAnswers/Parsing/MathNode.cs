namespace MLNetAttn.Pipelines;

/// <summary>A mathematical object that was read from an answer: a tree that is bounded in depth and size by the parser that made it.</summary>
internal abstract class MathNode
{
    private string? _key;

    /// <summary>A text that is the same for two objects written alike, up to the order of terms, factors and members.</summary>
    public string Key => _key ??= WriteKey();

    /// <summary>Whether arithmetic applies to it: numbers, expressions and matrices, but no sets, tuples or relations.</summary>
    public virtual bool IsScalar => true;

    protected abstract string WriteKey();

    protected static string Join(IEnumerable<MathNode> nodes, bool ordered) =>
        string.Join(' ', ordered ? nodes.Select(node => node.Key) : nodes.Select(node => node.Key).Order(StringComparer.Ordinal));
}

/// <summary>A number as written.</summary>
/// <param name="value">Its exact value.</param>
/// <param name="isDecimal">Whether it was written with a decimal point: then it stands for all that round to it.</param>
internal sealed class NumberNode(Rational value, bool isDecimal = false) : MathNode
{
    public Rational Value { get; } = value;

    public bool IsDecimal { get; } = isDecimal;

    public bool IsInteger => !IsDecimal && Value.Denominator.IsOne;

    protected override string WriteKey() => $"{Value.Numerator}/{Value.Denominator}{(IsDecimal ? "d" : "")}";
}

/// <summary>A variable, or a word.</summary>
internal sealed class SymbolNode(string name) : MathNode
{
    public string Name { get; } = name;

    protected override string WriteKey() => $"'{Name}'";
}

/// <summary>Numbers that have names.</summary>
internal enum MathConstant
{
    Pi,
    E,
    EulerGamma,
    ImaginaryUnit,
    Infinity,

    /// <summary>The result of a division by zero: equal to nothing.</summary>
    Undefined,
}

/// <summary>A number that has a name.</summary>
internal sealed class ConstantNode(MathConstant constant) : MathNode
{
    public MathConstant Constant { get; } = constant;

    protected override string WriteKey() => $"#{Constant}";
}

/// <summary>What an <see cref="OperationNode"/> does.</summary>
internal enum MathOperation
{
    Sum,
    Product,
    Power,
}

/// <summary>A sum, a product, or a power of two operands.</summary>
internal sealed class OperationNode(MathOperation operation, IReadOnlyList<MathNode> operands) : MathNode
{
    public MathOperation Operation { get; } = operation;

    public IReadOnlyList<MathNode> Operands { get; } = operands;

    protected override string WriteKey() => $"({Operation} {Join(Operands, ordered: Operation == MathOperation.Power)})";
}

/// <summary>A function with a meaning: sine, absolute value, factorial, …</summary>
internal sealed class FunctionNode(string name, IReadOnlyList<MathNode> arguments) : MathNode
{
    public string Name { get; } = name;

    public IReadOnlyList<MathNode> Arguments { get; } = arguments;

    protected override string WriteKey() => $"({Name} {Join(Arguments, ordered: true)})";
}

/// <summary>A function without a meaning, such as f in f(x).</summary>
internal sealed class ApplicationNode(string name, IReadOnlyList<MathNode> arguments) : MathNode
{
    public string Name { get; } = name;

    public IReadOnlyList<MathNode> Arguments { get; } = arguments;

    protected override string WriteKey() => $"'{Name}'({Join(Arguments, ordered: true)})";
}

/// <summary>A sum or product over a range of whole numbers.</summary>
internal sealed class SeriesNode(bool isProduct, string variable, MathNode first, MathNode last, MathNode term) : MathNode
{
    public bool IsProduct { get; } = isProduct;

    public string Variable { get; } = variable;

    public MathNode First { get; } = first;

    public MathNode Last { get; } = last;

    public MathNode Term { get; } = term;

    protected override string WriteKey() => $"({(IsProduct ? "prod" : "sum")} '{Variable}' {Join([First, Last, Term], ordered: true)})";
}

/// <summary>A number of hundredths: 50 % may mean 50 or 0.5.</summary>
internal sealed class PercentNode(NumberNode number) : MathNode
{
    public NumberNode Number { get; } = number;

    protected override string WriteKey() => $"{Number.Key}%";
}

/// <summary>A matrix with rows of one length.</summary>
internal sealed class MatrixNode(IReadOnlyList<IReadOnlyList<MathNode>> rows) : MathNode
{
    public IReadOnlyList<IReadOnlyList<MathNode>> Rows { get; } = rows;

    protected override string WriteKey() => $"[{string.Join(';', Rows.Select(row => Join(row, ordered: true)))}]";
}
