namespace MLNetAttn.Pipelines;

/// <summary>Whether an answer is the set, tuple or interval that the gold answer is.</summary>
internal static class SetComparison
{
    // Beyond this, members are compared in the order of their values only.
    private const int MostMatched = 64;

    public static bool AreEqual(MathNode gold, MathNode answer)
    {
        gold = gold.IsScalar ? new FiniteSetNode([gold]) : gold;
        answer = answer.IsScalar ? new FiniteSetNode([answer]) : answer;
        if (gold is IntervalNode expected && answer is IntervalNode found)
        {
            return expected.LeftOpen == found.LeftOpen && expected.RightOpen == found.RightOpen
                && AnswerComparison.AreEqual(expected.Left, found.Left) && AnswerComparison.AreEqual(expected.Right, found.Right);
        }
        if (gold.Key == answer.Key)
            return true;
        if (gold is not TupleNode && answer is not TupleNode && RealSet.From(gold) is { } a && RealSet.From(answer) is { } b && a.Equals(b))
            return true;
        return (gold, answer) switch
        {
            (FiniteSetNode set, FiniteSetNode or TupleNode or IntervalNode { IsOpen: true }) =>
                Members(answer) is { } members && AreMatched(set.Members, members),
            (TupleNode or IntervalNode { IsOpen: true }, FiniteSetNode or TupleNode or IntervalNode { IsOpen: true }) =>
                AreInOrder(Ordered(gold), Ordered(answer)),
            _ => false,
        };
    }

    private static IReadOnlyList<MathNode>? Members(MathNode node) => node is FiniteSetNode set ? set.Members : Ordered(node);

    // (a, b) reads as an interval and may be meant as a pair.
    private static IReadOnlyList<MathNode> Ordered(MathNode node) => node switch
    {
        TupleNode tuple => tuple.Elements,
        FiniteSetNode set => set.Members.Count == set.Written.Count ? set.Written : set.Members,
        IntervalNode interval => [interval.Left, interval.Right],
        _ => [],
    };

    private static bool AreInOrder(IReadOnlyList<MathNode> gold, IReadOnlyList<MathNode> answer) =>
        gold.Count == answer.Count && gold.Zip(answer).All(pair => AnswerComparison.AreEqual(pair.First, pair.Second));

    private static bool AreMatched(IReadOnlyList<MathNode> gold, IReadOnlyList<MathNode> answer)
    {
        if (gold.Count != answer.Count)
            return false;
        if (AreInOrder(Sort(gold), Sort(answer)))
            return true;
        if (gold.Count > MostMatched)
            return false;
        var left = answer.ToList();
        return gold.All(member => left.FindIndex(other => AnswerComparison.AreEqual(member, other)) is >= 0 and int index && Remove(left, index));
    }

    private static bool Remove(List<MathNode> nodes, int index)
    {
        nodes.RemoveAt(index);
        return true;
    }

    private static MathNode[] Sort(IReadOnlyList<MathNode> nodes) =>
        [.. nodes.OrderBy(node => NumericEvaluation.Constant(node)?.Real ?? double.NaN).ThenBy(node => node.Key, StringComparer.Ordinal)];
}
