using System.Collections.Frozen;
using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>The tests, which stand after <c>is</c>.</summary>
internal static class JinjaTests
{
    private static readonly FrozenDictionary<string, JinjaFunction> All = ((IEnumerable<JinjaFunction>)
    [
        Test("defined", call => call.Self is not JinjaUndefined),
        Test("undefined", call => call.Self is JinjaUndefined),
        Test("none", call => call.Self is JinjaNone),
        Test("boolean", call => call.Self is JinjaBoolean),
        Test("true", call => ReferenceEquals(call.Self, JinjaBoolean.True)),
        Test("false", call => ReferenceEquals(call.Self, JinjaBoolean.False)),
        Test("integer", call => call.Self is JinjaInteger and not JinjaBoolean),
        Test("float", call => call.Self is JinjaFloat),
        Test("number", call => call.Self is JinjaNumber),
        Test("string", call => call.Self is JinjaText),
        Test("mapping", call => call.Self is JinjaDictionary),
        Test("sequence", call => call.Self.HasItems),
        Test("iterable", call => call.Self.Items is not null),
        Test("callable", call => call.Self is JinjaCallable or JinjaUndefined),
        Test("escaped", call => call.Self is JinjaText { IsSafe: true }),
        Test("lower", call => PythonCase.IsLowerText(call.State.TextOf(call.Self))),
        Test("upper", call => PythonCase.IsUpperText(call.State.TextOf(call.Self))),
        Test("odd", call => Remainder(call, new JinjaInteger(2), 1)),
        Test("even", call => Remainder(call, new JinjaInteger(2), 0)),
        Test("divisibleby", call => Remainder(call, call["num"], 0), "num"),
        Test("filter", call => call.Self is JinjaText name && JinjaFilters.Find(name.Value) is not null),
        Test("test", call => call.Self is JinjaText name && Find(name.Value) is not null),
        Test("sameas", call => AreSame(call.Self, call["other"]), "other"),
        Test("in", call => JinjaComparison.Contains(call["seq"], call.Self, call.State), "seq"),
        .. Comparisons(ComparisonOperator.Equal, "eq", "equalto", "=="),
        .. Comparisons(ComparisonOperator.NotEqual, "ne", "!="),
        .. Comparisons(ComparisonOperator.Greater, "gt", "greaterthan", ">"),
        .. Comparisons(ComparisonOperator.GreaterOrEqual, "ge", ">="),
        .. Comparisons(ComparisonOperator.Less, "lt", "lessthan", "<"),
        .. Comparisons(ComparisonOperator.LessOrEqual, "le", "<="),
    ]).ToFrozenDictionary(test => test.Name);

    /// <summary>The test of a name, or null.</summary>
    public static JinjaFunction? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>The test of a name that a template computes.</summary>
    public static JinjaFunction Require(string name) => Find(name) ?? throw JinjaException.Unknown($"the test '{name}'");

    private static JinjaFunction Test(string name, Func<JinjaCall, bool> test, string signature = "") =>
        new(name, signature, call => JinjaBoolean.Of(test(call)));

    private static IEnumerable<JinjaFunction> Comparisons(ComparisonOperator operation, params string[] names) =>
        names.Select(name => Test(name, call => JinjaComparison.Apply(operation, call.Self, call["other"], call.State), "other /"));

    private static bool Remainder(JinjaCall call, JinjaValue divisor, int expected) =>
        JinjaComparison.AreEqual(JinjaArithmetic.Apply(BinaryOperator.Modulo, call.Self, divisor, call.State), new JinjaInteger(expected), call.State);

    /// <summary>Python's <c>is</c>: constants and small integers are one object wherever they come from.</summary>
    private static bool AreSame(JinjaValue left, JinjaValue right) =>
        ReferenceEquals(left, right)
        || (left is JinjaInteger one and not JinjaBoolean && right is JinjaInteger other and not JinjaBoolean
            && one.Value == other.Value && BigInteger.Abs(one.Value - 125) <= 131)
        || (left is JinjaText { Value.Length: 0, IsSafe: false } && right is JinjaText { Value.Length: 0, IsSafe: false });
}
