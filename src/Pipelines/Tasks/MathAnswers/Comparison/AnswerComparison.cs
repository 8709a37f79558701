namespace MLNetAttn.Pipelines;

/// <summary>Whether an answer is what the gold answer says. Not symmetric: the gold answer decides whether order counts and whether a name is asked
/// for.</summary>
internal static class AnswerComparison
{
    public static bool AreEqual(MathNode gold, MathNode answer)
    {
        bool goldAssigns = IsAssignment(gold), answerAssigns = IsAssignment(answer);
        bool goldEquates = IsEquation(gold);
        gold = goldAssigns ? Ends(gold) : gold;
        answer = answerAssigns ? Ends(answer) : answer;
        // What is asked for is a value: of x = 5 the right side counts. Of two equations neither is taken apart.
        if (IsEquation(answer) && !goldEquates)
            answer = Last(answer).Right;
        else if (goldAssigns && !IsEquation(answer))
            gold = Last(gold).Right;

        if (IsRelation(gold) && IsSet(answer))
            return RealSet.FromRelation(gold) is { } solutions && RealSet.From(answer) is { } set && solutions.Equals(set);
        if (IsRelation(gold) && IsRelation(answer))
            return AreRelationsEqual(gold, answer);
        if (IsRelation(gold) || IsRelation(answer))
            return false;
        if (!gold.IsScalar || !answer.IsScalar)
            return SetComparison.AreEqual(gold, answer);
        return gold is SymbolNode || answer is SymbolNode ? AreWordsEqual(gold, answer) : ValueComparison.AreEqual(gold, answer);
    }

    private static bool IsSet(MathNode node) => node is FiniteSetNode or IntervalNode or SetOperationNode or NumberSetNode;

    private static bool IsRelation(MathNode node) => node is RelationNode or ChainNode;

    private static bool IsEquation(MathNode node) => IsRelation(node) && Relations(node).All(relation => relation.Kind == RelationKind.Equal);

    private static bool IsAssignment(MathNode node) => IsEquation(node) && Symbols.IsMadeOf(Relations(node)[0].Left);

    private static IReadOnlyList<RelationNode> Relations(MathNode node) => node is ChainNode chain ? chain.Relations : [(RelationNode)node];

    private static RelationNode Last(MathNode node) => Relations(node)[^1];

    // x = 2 + 3 = 5 says that x = 5.
    private static RelationNode Ends(MathNode node) => new(RelationKind.Equal, Relations(node)[0].Left, Last(node).Right);

    private static bool AreRelationsEqual(MathNode gold, MathNode answer)
    {
        IReadOnlyList<RelationNode> expected = Relations(gold), found = Relations(answer);
        return expected.Count == found.Count && expected.Zip(found).All(pair => AreRelationsEqual(pair.First, pair.Second));
    }

    private static bool AreRelationsEqual(RelationNode gold, RelationNode answer)
    {
        if (gold.Key == answer.Key)
            return true;
        if (!gold.Right.IsScalar || !answer.Right.IsScalar)
            return gold.Kind == answer.Kind && gold.Left.Key == answer.Left.Key && AreEqual(gold.Right, answer.Right);
        if (Difference(gold) is not { } expected || Difference(answer) is not { } found || MathNodes.Negate(found) is not { } flipped)
            return false;
        return (gold.Kind == answer.Kind && ValueComparison.AreEqual(expected, found))
            || (gold.Kind == Flip(answer.Kind) && ValueComparison.AreEqual(expected, flipped))
            || (gold.Kind == RelationKind.Equal && answer.Kind == RelationKind.Equal && ValueComparison.AreProportional(expected, found));
    }

    private static MathNode? Difference(RelationNode relation) =>
        relation.Left.IsScalar && MathNodes.Negate(relation.Right) is { } negative ? MathNodes.Sum([relation.Left, negative]) : null;

    private static RelationKind Flip(RelationKind kind) => kind switch
    {
        RelationKind.Less => RelationKind.Greater,
        RelationKind.LessOrEqual => RelationKind.GreaterOrEqual,
        RelationKind.Greater => RelationKind.Less,
        RelationKind.GreaterOrEqual => RelationKind.LessOrEqual,
        _ => kind,
    };

    // \text{abc} and abc, \text{12} and 12.
    private static bool AreWordsEqual(MathNode gold, MathNode answer)
    {
        if (Symbols.Word(gold) is { } expected && Symbols.Word(answer) is { } found)
            return string.Equals(expected, found, StringComparison.OrdinalIgnoreCase);
        (SymbolNode word, MathNode other) = gold is SymbolNode symbol ? (symbol, answer) : ((SymbolNode)answer, gold);
        return other is NumberNode { IsDecimal: false } number
            && word.Name == (number.IsInteger ? $"{number.Value.Numerator}" : $"{number.Value.Numerator}/{number.Value.Denominator}");
    }
}
