using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Python's comparisons.</summary>
internal static class JinjaComparison
{
    public static bool Apply(ComparisonOperator operation, JinjaValue left, JinjaValue right, JinjaState state) => operation switch
    {
        ComparisonOperator.Equal => AreEqual(left, right, state),
        ComparisonOperator.NotEqual => !AreEqual(left, right, state),
        ComparisonOperator.Less => Compare(left, right, state) < 0,
        ComparisonOperator.LessOrEqual => Compare(left, right, state) <= 0,
        ComparisonOperator.Greater => Compare(left, right, state) > 0,
        ComparisonOperator.GreaterOrEqual => Compare(left, right, state) >= 0,
        ComparisonOperator.In => Contains(right, left, state),
        _ => !Contains(right, left, state),
    };

    /// <summary><c>left == right</c></summary>
    public static bool AreEqual(JinjaValue left, JinjaValue right, JinjaState state)
    {
        state.Enter();
        bool equal = (left, right) switch
        {
            (JinjaText one, JinjaText other) => AreEqual(one, other, state),
            (JinjaNumber one, JinjaNumber other) => CompareNumbers(one, other) == 0,
            (JinjaList one, JinjaList other) => AreEqual(one, other, state),
            (JinjaTuple one, JinjaTuple other) => AreEqual(one, other, state),
            (JinjaDictionary one, JinjaDictionary other) => AreEqual(one, other, state),
            (JinjaRange one, JinjaRange other) =>
                one.Count == other.Count
                && (one.Count == 0 || (one.Start == other.Start && (one.Count == 1 || one.Step == other.Step))),
            (JinjaUndefined, JinjaUndefined) => true,
            (JinjaView, JinjaView) => throw JinjaException.Unknown("a comparison of dictionary views"),
            _ => ReferenceEquals(left, right),
        };
        state.Leave();
        return equal;
    }

    /// <summary>The order of two values: less than, equal to or greater than 0; null if neither holds, as for what is not a number.</summary>
    /// <exception cref="JinjaException">Python does not order values of these types.</exception>
    public static int? Compare(JinjaValue left, JinjaValue right, JinjaState state)
    {
        if ((left as JinjaUndefined ?? right as JinjaUndefined) is { } undefined)
            throw JinjaException.Invalid(undefined.Message);
        switch (left, right)
        {
            case (JinjaText one, JinjaText other):
                state.Read(Math.Min(one.Value.Length, other.Value.Length));
                return PythonText.Compare(one.Value, other.Value);
            case (JinjaNumber one, JinjaNumber other):
                return CompareNumbers(one, other);
            case (JinjaList, JinjaList) or (JinjaTuple, JinjaTuple):
                return Compare(((JinjaSequence)left).Values, ((JinjaSequence)right).Values, state);
            default:
                throw JinjaException.Invalid($"values of the types '{left.TypeName}' and '{right.TypeName}' have no order");
        }
    }

    /// <summary>The order of two numbers, exact also where an integer has more digits than a float; null if one is not a number.</summary>
    public static int? CompareNumbers(JinjaNumber left, JinjaNumber right)
    {
        if (left is JinjaInteger one && right is JinjaInteger other)
            return one.Value.CompareTo(other.Value);
        (double x, double y) = (left.AsDouble, right.AsDouble);
        if (double.IsNaN(x) || double.IsNaN(y))
            return null;
        return x != y || !double.IsFinite(x) || (left is JinjaFloat && right is JinjaFloat) ? x.CompareTo(y) : Whole(left).CompareTo(Whole(right));

        // Equal as floats: one of the two is an integer, and the other whole or not equal to it.
        static BigInteger Whole(JinjaNumber number) => number is JinjaInteger integer ? integer.Value : new BigInteger(number.AsDouble);
    }

    /// <summary><c>item in container</c></summary>
    public static bool Contains(JinjaValue container, JinjaValue item, JinjaState state) => (container, item) switch
    {
        (JinjaText text, JinjaText part) => SubstringSearch.Contains(state, text.Value, part.Value),
        (JinjaText, _) => throw JinjaException.Invalid($"'in' looks for text in text, not for a value of type '{item.TypeName}'"),
        (JinjaDictionary dictionary, _) => dictionary.Find(item, state) is not null,
        _ => state.Iterate(container).Any(member => ReferenceEquals(member, item) || AreEqual(member, item, state)),
    };

    /// <summary>Sorts as Python does: equal items keep their order, also in a reversed sort.</summary>
    public static List<T> Sort<T>(IReadOnlyList<T> items, Func<T, JinjaValue> key, bool reverse, JinjaState state)
    {
        List<(T Item, JinjaValue Key)> keyed = [.. items.Select(item => (item, key(item)))];
        return [.. Sort(keyed, 0, keyed.Count).Select(pair => pair.Item)];

        List<(T Item, JinjaValue Key)> Sort(List<(T Item, JinjaValue Key)> all, int start, int end)
        {
            if (end - start <= 1)
                return all[start..end];
            int middle = start + (end - start) / 2;
            List<(T Item, JinjaValue Key)> left = Sort(all, start, middle), right = Sort(all, middle, end), merged = new(end - start);
            int i = 0, j = 0;
            while (i < left.Count && j < right.Count)
            {
                state.Step();
                bool takesRight = reverse ? Compare(left[i].Key, right[j].Key, state) < 0 : Compare(right[j].Key, left[i].Key, state) < 0;
                merged.Add(takesRight ? right[j++] : left[i++]);
            }
            merged.AddRange(left[i..]);
            merged.AddRange(right[j..]);
            return merged;
        }
    }

    private static bool AreEqual(JinjaText left, JinjaText right, JinjaState state)
    {
        state.Read(Math.Min(left.Value.Length, right.Value.Length));
        return left.Value == right.Value;
    }

    private static bool AreEqual(JinjaSequence left, JinjaSequence right, JinjaState state)
    {
        if (left.Values.Count != right.Values.Count)
            return false;
        for (int i = 0; i < left.Values.Count; i++)
            if (!ReferenceEquals(left.Values[i], right.Values[i]) && !AreEqual(left.Values[i], right.Values[i], state))
                return false;
        return true;
    }

    private static bool AreEqual(JinjaDictionary left, JinjaDictionary right, JinjaState state) =>
        left.Length == right.Length && left.Entries.All(entry => right.Find(entry.Key, state) is { } value && AreEqual(entry.Value, value, state));

    private static int? Compare(IReadOnlyList<JinjaValue> left, IReadOnlyList<JinjaValue> right, JinjaState state)
    {
        state.Enter();
        int first = 0;
        while (first < left.Count && first < right.Count && AreEqual(left[first], right[first], state))
            first++;
        int? order = first < left.Count && first < right.Count ? Compare(left[first], right[first], state) : left.Count.CompareTo(right.Count);
        state.Leave();
        return order;
    }
}
