namespace MLNetAttn.Pipelines;

/// <summary>A set of real numbers that is made of finitely many intervals and points.</summary>
internal sealed class RealSet
{
    private const double Tolerance = 1e-12;

    // Disjoint, in order.
    private readonly List<Piece> _pieces;

    private RealSet(IEnumerable<Piece> pieces) => _pieces = Merge(pieces);

    /// <summary>The set that a node describes; null if it is none of real numbers.</summary>
    public static RealSet? From(MathNode node)
    {
        switch (node)
        {
            case IntervalNode interval:
                return Value(interval.Left) is { } low && Value(interval.Right) is { } high
                    ? new RealSet([new Piece(low, interval.LeftOpen, high, interval.RightOpen)])
                    : null;
            case FiniteSetNode finite:
                double?[] values = [.. finite.Members.Select(Value)];
                return values.All(value => value is { } number && double.IsFinite(number)) ? new RealSet(values.Select(value => Point(value!.Value))) : null;
            case NumberSetNode { Letter: 'R' }:
                return All();
            case SetOperationNode operation:
                if (From(operation.Left) is not { } left || From(operation.Right) is not { } right)
                    return null;
                return operation.Operation switch
                {
                    SetOperation.Union => new RealSet(left._pieces.Concat(right._pieces)),
                    SetOperation.Intersection => left.Intersect(right),
                    _ => left.Intersect(right.Complement()),
                };
            default:
                return node.IsScalar && Value(node) is { } single && double.IsFinite(single) ? new RealSet([Point(single)]) : null;
        }
    }

    /// <summary>The solutions of linear relations in one variable; null for others.</summary>
    public static RealSet? FromRelation(MathNode node) => node switch
    {
        RelationNode relation => Solve(relation),
        ChainNode chain =>
            chain.Relations.Aggregate(
                (RealSet?)All(),
                (set, relation) => set is not null && Solve(relation) is { } next ? set.Intersect(next) : null),
        _ => null,
    };

    /// <summary>Whether both are the same set, up to rounding of their ends.</summary>
    public bool Equals(RealSet other) => _pieces.Count == other._pieces.Count && _pieces.Zip(other._pieces).All(pair => pair.First.IsClose(pair.Second));

    private static RealSet All() => new([new Piece(double.NegativeInfinity, true, double.PositiveInfinity, true)]);

    private static Piece Point(double value) => new(value, false, value, false);

    private static double? Value(MathNode node) => NumericEvaluation.Constant(node) is { Imaginary: 0 } value ? value.Real : null;

    private static RealSet? Solve(RelationNode relation)
    {
        if (!relation.Left.IsScalar || !relation.Right.IsScalar)
            return null;
        string? variable = null;
        double? At(double x)
        {
            var evaluation = new NumericEvaluation(node => (variable ??= node.Key) == node.Key ? x : null);
            return evaluation.Evaluate(relation.Left) is { Imaginary: 0 } left && evaluation.Evaluate(relation.Right) is { Imaginary: 0 } right
                ? left.Real - right.Real
                : null;
        }

        // f(x) = slope·x + f(0), or it is not linear.
        if (At(0) is not { } start || At(1) is not { } next || At(-3) is not { } check
            || variable is null
            || Math.Abs(start - 3 * (next - start) - check) > 1e-9 * (1 + Math.Abs(check)))
            return null;
        double slope = next - start;
        if (slope == 0 || !double.IsFinite(slope))
            return null;
        double root = -start / slope;
        bool above = (relation.Kind is RelationKind.Greater or RelationKind.GreaterOrEqual) == slope > 0;
        bool open = relation.Kind is RelationKind.Greater or RelationKind.Less;
        return relation.Kind switch
        {
            RelationKind.Equal => new RealSet([Point(root)]),
            RelationKind.NotEqual => new RealSet([Point(root)]).Complement(),
            _ when above => new RealSet([new Piece(root, open, double.PositiveInfinity, true)]),
            _ => new RealSet([new Piece(double.NegativeInfinity, true, root, open)]),
        };
    }

    private RealSet Complement()
    {
        var gaps = new List<Piece>();
        (double end, bool open) = (double.NegativeInfinity, true);
        foreach (Piece piece in _pieces)
        {
            gaps.Add(new Piece(end, open, piece.Low, !piece.LowOpen || double.IsInfinity(piece.Low)));
            (end, open) = (piece.High, !piece.HighOpen || double.IsInfinity(piece.High));
        }
        gaps.Add(new Piece(end, open, double.PositiveInfinity, true));
        return new RealSet(gaps);
    }

    private RealSet Intersect(RealSet other) => new(
        from a in _pieces
        from b in other._pieces
        let low = a.Low > b.Low || (a.Low == b.Low && a.LowOpen) ? (a.Low, a.LowOpen) : (b.Low, b.LowOpen)
        let high = a.High < b.High || (a.High == b.High && a.HighOpen) ? (a.High, a.HighOpen) : (b.High, b.HighOpen)
        select new Piece(low.Item1, low.Item2, high.Item1, high.Item2));

    private static List<Piece> Merge(IEnumerable<Piece> pieces)
    {
        var merged = new List<Piece>();
        foreach (Piece piece in pieces.Where(piece => !piece.IsEmpty).OrderBy(piece => piece.Low).ThenBy(piece => piece.LowOpen))
        {
            if (merged.Count == 0 || piece.Low > merged[^1].High || (piece.Low == merged[^1].High && piece.LowOpen && merged[^1].HighOpen))
                merged.Add(piece);
            else if (piece.High > merged[^1].High || (piece.High == merged[^1].High && !piece.HighOpen))
                merged[^1] = merged[^1] with { High = piece.High, HighOpen = piece.HighOpen };
        }
        return merged;
    }

    private readonly record struct Piece(double Low, bool LowOpen, double High, bool HighOpen)
    {
        public bool IsEmpty => Low > High || (Low == High && (LowOpen || HighOpen));

        public bool IsClose(Piece other) => LowOpen == other.LowOpen && HighOpen == other.HighOpen && IsClose(Low, other.Low) && IsClose(High, other.High);

        private static bool IsClose(double a, double b) => a == b || Math.Abs(a - b) <= Tolerance * Math.Max(Math.Abs(a), Math.Abs(b));
    }
}
