using System.Globalization;
using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>Filters on single values: numbers, defaults, JSON.</summary>
internal static class ValueFilters
{
    public static IReadOnlyList<JinjaFunction> All { get; } =
    [
        new("abs", "", Absolute),
        new("round", "precision? method?", Round),
        new("int", "default? base?", Integer),
        new("float", "default?", Float),
        new("attr", "name", Attribute),
        new("tojson", "ensure_ascii? indent? separators? sort_keys?", ToJson),
    ];

    /// <summary>The filter for what is undefined, under one of its names.</summary>
    public static JinjaFunction Default(string name) => new(name, "default_value? boolean?", call =>
        call.Self is JinjaUndefined || (call.Flag("boolean") && !call.Self.IsTrue) ? call.Find("default_value") ?? JinjaText.Empty : call.Self);

    private static JinjaValue Attribute(JinjaCall call)
    {
        string name = call.Text("name") ?? throw JinjaException.Invalid("'attr' needs a name");
        return call.Self.Attribute(name) ?? JinjaUndefined.Attribute(call.Self, name);
    }

    private static JinjaNumber Absolute(JinjaCall call) => call.Self switch
    {
        JinjaInteger number => new JinjaInteger(BigInteger.Abs(number.Value)),
        JinjaFloat number => new JinjaFloat(Math.Abs(number.Value)),
        _ => throw NotNumber(call),
    };

    private static JinjaException NotNumber(JinjaCall call) => JinjaException.Invalid(
        call.Self is JinjaUndefined undefined ? undefined.Message : $"'{call.Function.Name}' needs a number, not a value of type '{call.Self.TypeName}'");

    private static JinjaNumber Round(JinjaCall call)
    {
        int places = call.Integer("precision") ?? 0;
        string method = call.Text("method") ?? "common";
        if (method is not ("common" or "ceil" or "floor"))
            throw JinjaException.Invalid($"'round' has no method '{method}', only 'common', 'ceil' and 'floor'");
        if (Math.Abs(places) > 400)
            throw JinjaException.Invalid($"'round' to {places} places");
        if (call.Self is not JinjaNumber number)
            throw NotNumber(call);
        if (method != "common")
        {
            double power = Math.Pow(10, places), scaled = number.AsDouble * power;
            return double.IsFinite(scaled) ? new JinjaFloat((method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / power)
                : throw JinjaException.Invalid("'round' needs a finite number");
        }
        if (number is JinjaInteger whole)
            return places >= 0 ? new JinjaInteger(whole.Value)
                : JinjaInteger.Of(PythonFloat.DivideHalfEven(whole.Value, BigInteger.Pow(10, -places)) * BigInteger.Pow(10, -places));
        return PythonFloat.Round(number.AsDouble, places) is not { } rounded ? number : new JinjaFloat(Scale(rounded, places, number.AsDouble));
    }

    /// <summary>The float closest to a decimal number.</summary>
    private static double Scale(BigInteger digits, int places, double original) =>
        digits.IsZero ? Math.CopySign(0, original) : double.Parse($"{digits}e{-places}", CultureInfo.InvariantCulture);

    private static JinjaValue Integer(JinjaCall call)
    {
        int radix = call.Integer("base") ?? 10;
        if (radix is not (0 or (>= 2 and <= 36)))
            throw JinjaException.Invalid($"'int' with base {radix}");
        if (call.Self is JinjaText { Value.Length: <= JinjaInteger.MaximumDigits } digits)
            call.State.ConvertDigits(digits.Value.Length);
        return call.Self switch
        {
            JinjaInteger number => new JinjaInteger(number.Value),
            JinjaFloat { Value: var number } when double.IsFinite(number) => new JinjaInteger(new BigInteger(number)),
            JinjaFloat number when double.IsInfinity(number.Value) => throw JinjaException.Invalid("'int' of infinity"),
            JinjaText text =>
                PythonFloat.ParseInteger(text.Value, radix) is { } whole ? new JinjaInteger(whole)
                : PythonFloat.Parse(text.Value) is { } number && double.IsFinite(number) ? new JinjaInteger(new BigInteger(number))
                : Otherwise(call, new JinjaInteger(0)),
            JinjaUndefined undefined => throw JinjaException.Invalid(undefined.Message),
            _ => Otherwise(call, new JinjaInteger(0)),
        };
    }

    private static JinjaValue Float(JinjaCall call) => call.Self switch
    {
        JinjaNumber number => new JinjaFloat(number.AsDouble),
        JinjaText text => PythonFloat.Parse(text.Value) is { } number ? new JinjaFloat(number) : Otherwise(call, new JinjaFloat(0)),
        JinjaUndefined undefined => throw JinjaException.Invalid(undefined.Message),
        _ => Otherwise(call, new JinjaFloat(0)),
    };

    private static JinjaValue Otherwise(JinjaCall call, JinjaValue otherwise) => call.Find("default") ?? otherwise;

    private static JinjaText ToJson(JinjaCall call)
    {
        string? indent = call.FindSet("indent") switch
        {
            null => null,
            JinjaText text => text.Value,
            _ => new string(' ', Math.Clamp(call.Integer("indent")!.Value, 0, 1000)),
        };
        (string item, string key) = call.FindSet("separators") switch
        {
            null => (indent is null ? ", " : ",", ": "),
            JinjaSequence { Values: [JinjaText between, JinjaText after] } => (between.Value, after.Value),
            _ => throw JinjaException.Invalid("'tojson' needs two texts as its separators"),
        };
        return new JinjaText(new JinjaJson(call.Flag("ensure_ascii"), indent, item, key, call.Flag("sort_keys")).Render(call.Self, call.State));
    }
}
