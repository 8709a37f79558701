using System.Globalization;
using System.Numerics;

namespace MLNetAttn.Modeling;

/// <summary>A number; booleans are numbers too, as in Python.</summary>
internal abstract class JinjaNumber : JinjaValue
{
    /// <summary>The value as a float.</summary>
    public abstract double AsDouble { get; }

    public override bool IsTrue => AsDouble != 0;
}

/// <summary>Python's <c>int</c>.</summary>
internal class JinjaInteger(BigInteger value) : JinjaNumber
{
    /// <summary>The longest integer in decimal digits, as in Python's conversions between integers and text.</summary>
    public const int MaximumDigits = 4300;

    /// <summary>The bits of so many digits.</summary>
    public const long MaximumBits = 14_285;

    public BigInteger Value { get; } = value;

    public override string TypeName => "int";

    public override double AsDouble => (double)Value;

    public override bool IsTrue => !Value.IsZero;

    /// <summary>The result of arithmetic.</summary>
    public static JinjaInteger Of(BigInteger value) =>
        value.GetBitLength() <= MaximumBits ? new JinjaInteger(value) : throw JinjaException.Invalid($"an integer has more than {MaximumDigits} digits");

    public override JinjaValue? Attribute(string name) => PythonNames.Refuse(this, name);

    public override void WriteRepr(JinjaWriter writer)
    {
        writer.State.ConvertDigits(Value.GetBitLength());
        writer.Append(Value.ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary>Python's <c>bool</c>.</summary>
internal sealed class JinjaBoolean : JinjaInteger
{
    public static readonly JinjaBoolean True = new(true);
    public static readonly JinjaBoolean False = new(false);

    private JinjaBoolean(bool value) : base(value ? BigInteger.One : BigInteger.Zero)
    {
    }

    public override string TypeName => "bool";

    public static JinjaBoolean Of(bool value) => value ? True : False;

    public override void WriteRepr(JinjaWriter writer) => writer.Append(IsTrue ? "True" : "False");
}

/// <summary>Python's <c>float</c>.</summary>
internal sealed class JinjaFloat(double value) : JinjaNumber
{
    public double Value { get; } = value;

    public override string TypeName => "float";

    public override double AsDouble => Value;

    public override JinjaValue? Attribute(string name) => PythonNames.Refuse(this, name);

    public override void WriteRepr(JinjaWriter writer) => writer.Append(PythonFloat.Repr(Value));
}
