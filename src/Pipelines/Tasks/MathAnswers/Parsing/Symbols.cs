namespace MLNetAttn.Pipelines;

/// <summary>Names in formulas.</summary>
internal static class Symbols
{
    /// <summary>What a name stands for: a constant, or a variable whose case does not count.</summary>
    public static MathNode Create(string name) => name switch
    {
        "pi" or "Pi" => new ConstantNode(MathConstant.Pi),
        "gamma" or "Gamma" => new ConstantNode(MathConstant.EulerGamma),
        _ => new SymbolNode(name.ToLowerInvariant()),
    };

    /// <summary>Whether an object is made of names alone, such as x, f(n), (x, y) or a + b: the left side of an assignment.</summary>
    public static bool IsMadeOf(MathNode node) => node switch
    {
        SymbolNode => true,
        OperationNode { Operation: MathOperation.Power } power => ReferenceEquals(power.Operands[1], MathNodes.MinusOne) && IsMadeOf(power.Operands[0]),
        OperationNode operation => operation.Operands.All(IsMadeOf),
        ApplicationNode application => application.Arguments.All(IsMadeOf),
        TupleNode tuple => tuple.Elements.All(IsMadeOf),
        FunctionNode function => function.Arguments.All(IsMadeOf),
        _ => false,
    };

    /// <summary>The letters of a word: x, or a product of names (abc is read as a·b·c); null if it is neither.</summary>
    public static string? Word(MathNode node) => node switch
    {
        SymbolNode symbol => symbol.Name,
        ConstantNode { Constant: MathConstant.E } => "e",
        OperationNode { Operation: MathOperation.Product } product
            when product.Operands.All(factor => factor is SymbolNode or ConstantNode { Constant: MathConstant.E }) =>
            string.Concat(product.Operands.Select(Word)),
        _ => null,
    };
}
