namespace MLNetAttn.Modeling;

internal enum PatternNodeKind
{
    /// <summary>The match is complete.</summary>
    Accept,

    /// <summary>Between Minimum and Maximum characters of a set, then Next.</summary>
    Set,

    /// <summary>The first of Targets that matches.</summary>
    Branch,

    /// <summary>Targets[0] must match here, or with Negative must not, then Next.</summary>
    LookAhead,
}

/// <summary>One step of a compiled pattern; Set, Next and Targets are indices.</summary>
internal sealed record PatternNode(PatternNodeKind Kind, int Next, int Set = 0, int Minimum = 0, int Maximum = 0, bool Negative = false)
{
    public int[] Targets { get; init; } = [];

    /// <summary>Whether a match from here can take no character at all.</summary>
    public bool CanBeEmpty { get; init; }
}

/// <summary>A pattern as a list of nodes that lead forward only, so matching always ends.</summary>
internal sealed class PatternProgram
{
    /// <summary>The index of the node that completes a match.</summary>
    public const int Accept = 0;

    private const int MaximumNodes = 1000;
    private const int MaximumSets = 64;

    // A node is added after all the nodes it leads to.
    private readonly List<PatternNode> _nodes = [new(PatternNodeKind.Accept, Accept) { CanBeEmpty = true }];
    private readonly List<CodePointSet> _sets = [];

    private PatternProgram(GroupItem root)
    {
        Entries = [.. root.Alternatives.Select(items => Compile(items, Accept))];
        Nodes = [.. _nodes];
    }

    /// <summary>The first nodes of the pattern's alternatives.</summary>
    public int[] Entries { get; }

    public PatternNode[] Nodes { get; }

    public IReadOnlyList<CodePointSet> Sets => _sets;

    /// <summary>Whether some way through the pattern takes no character.</summary>
    public bool CanBeEmpty => Entries.Any(entry => Nodes[entry].CanBeEmpty);

    public static PatternProgram Compile(GroupItem root) => new(root);

    /// <summary>For each node the kinds of characters that a match from it can begin with, as bits; all of them if it can be empty.</summary>
    public ulong[] FirstKinds(ulong[] kindMasks)
    {
        ulong[] first = new ulong[Nodes.Length];
        for (int index = 0; index < Nodes.Length; index++)
        {
            PatternNode node = Nodes[index];
            first[index] = node.Kind switch
            {
                PatternNodeKind.Accept => ulong.MaxValue,
                PatternNodeKind.Branch => node.Targets.Aggregate(0UL, (kinds, target) => kinds | first[target]),
                PatternNodeKind.LookAhead => first[node.Next],
                _ => kindMasks[node.Set] | (node.Minimum == 0 ? first[node.Next] : 0),
            };
        }
        return first;
    }

    /// <summary>Compiles a sequence back to front: each item is told where the match goes on after it.</summary>
    private int Compile(IReadOnlyList<PatternItem> items, int next)
    {
        for (int index = items.Count - 1; index >= 0; index--)
            next = items[index] switch
            {
                SetItem item => Add(new PatternNode(PatternNodeKind.Set, next, IndexOf(item.Set), item.Minimum, item.Maximum)),
                GroupItem group => Add(Branch(group, next)),
                LookAheadItem look => Add(new PatternNode(PatternNodeKind.LookAhead, next, Negative: look.Negative)
                {
                    Targets = [Add(Branch(look.Group, Accept))],
                }),
                _ => throw new InvalidOperationException($"Unknown pattern item {items[index].GetType()}."),
            };
        return next;
    }

    private PatternNode Branch(GroupItem group, int next)
    {
        IEnumerable<int> targets = group.Alternatives.Select(items => Compile(items, next));
        return new PatternNode(PatternNodeKind.Branch, next) { Targets = group.Optional ? [.. targets, next] : [.. targets] };
    }

    private int Add(PatternNode node)
    {
        if (_nodes.Count == MaximumNodes)
            throw new NotSupportedException($"A split pattern has more than {MaximumNodes} parts.");
        _nodes.Add(node with
        {
            CanBeEmpty = node.Kind switch
            {
                PatternNodeKind.Branch => node.Targets.Any(target => _nodes[target].CanBeEmpty),
                PatternNodeKind.LookAhead => _nodes[node.Next].CanBeEmpty,
                _ => node.Minimum == 0 && _nodes[node.Next].CanBeEmpty,
            },
        });
        return _nodes.Count - 1;
    }

    private int IndexOf(CodePointSet set)
    {
        int index = _sets.IndexOf(set);
        if (index >= 0)
            return index;
        if (_sets.Count == MaximumSets)
            throw new NotSupportedException($"A split pattern has more than {MaximumSets} different character classes.");
        _sets.Add(set);
        return _sets.Count - 1;
    }
}
