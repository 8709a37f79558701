using System.Globalization;
using System.Numerics;

namespace MLNetAttn.Pipelines;

/// <summary>What an arithmetic expression may consist of.</summary>
internal enum ArithmeticSyntax
{
    /// <summary>Whole numbers, + - * / between two operands, parentheses.</summary>
    Plain,

    /// <summary>The arithmetic of Python in these characters: signs before operands, decimal points, ** and // as well.</summary>
    Python,
}

/// <summary>Exact evaluation of arithmetic that a model wrote: one pass by recursive descent, bounded in length, depth and the size of its numbers.</summary>
internal ref struct ArithmeticExpression
{
    private const int MaximumLength = 1024;

    // CPython refuses deeper parentheses too.
    private const int MaximumDepth = 200;

    private readonly ReadOnlySpan<char> _text;
    private readonly bool _python;
    private int _position;
    private int _depth;

    private ArithmeticExpression(ReadOnlySpan<char> text, ArithmeticSyntax syntax)
    {
        _text = text;
        _python = syntax == ArithmeticSyntax.Python;
    }

    /// <summary>The value of the whole text; null if it is no expression of this syntax, has no value (a division by zero), or is beyond a bound.</summary>
    /// <remarks>Values are exact where Python rounds; a power with a fractional exponent is rounded as there. Complex powers have no value here.</remarks>
    public static Rational? Evaluate(ReadOnlySpan<char> text, ArithmeticSyntax syntax)
    {
        if (text.Length > MaximumLength)
            return null;
        var expression = new ArithmeticExpression(text, syntax);
        Rational? value = expression.Sum();
        return expression.Peek() == '\0' ? value : null;
    }

    // sum := product (('+' | '-') product)*
    private Rational? Sum()
    {
        Rational? value = Product();
        while (value is { } left && Peek() is '+' or '-')
        {
            bool isSum = _text[_position++] == '+';
            value = Product() is not { } right ? null : isSum ? Rational.Add(left, right) : Rational.Subtract(left, right);
        }
        return value;
    }

    // product := signed (('*' | '/' | '//') signed)*
    private Rational? Product()
    {
        Rational? value = Signed();
        while (value is { } left && Peek() is '*' or '/')
        {
            bool isProduct = _text[_position++] == '*';
            bool isFloor = !isProduct && _python && Skip('/');
            value = Signed() is not { } right ? null
                : isProduct ? Rational.Multiply(left, right)
                : isFloor ? Rational.FloorDivide(left, right)
                : Rational.Divide(left, right);
        }
        return value;
    }

    // signed := ('+' | '-') signed | power; every way down leads through here
    private Rational? Signed()
    {
        if (_depth > MaximumDepth)
            return null;
        _depth++;
        Rational? value;
        if (!_python || Peek() is not ('+' or '-'))
            value = Power();
        else if (_text[_position++] == '+')
            value = Signed();
        else
            value = Signed() is { } operand ? Rational.Negate(operand) : null;
        _depth--;
        return value;
    }

    // power := atom ('**' signed)?, so that -2**2 is -4 and 2**-1 a half
    private Rational? Power()
    {
        Rational? value = Atom();
        if (value is not { } left || !_python || Peek() != '*' || _position + 1 >= _text.Length || _text[_position + 1] != '*')
            return value;
        _position += 2;
        return Signed() is { } right ? Rational.Power(left, right) : null;
    }

    // atom := number | '(' sum ')'
    private Rational? Atom()
    {
        if (Peek() != '(')
            return Number();
        _position++;
        Rational? value = Sum();
        if (Peek() != ')')
            return null;
        _position++;
        return value;
    }

    // Python's literals: no whole number but zero begins with a zero, and a decimal is the floating-point number nearest to it.
    private Rational? Number()
    {
        int start = _position;
        SkipDigits();
        int digitCount = _position - start;
        bool isDecimal = _python && Skip('.');
        if (isDecimal)
        {
            SkipDigits();
            digitCount = _position - start - 1;
        }
        ReadOnlySpan<char> literal = _text[start.._position];
        if (digitCount == 0)
            return null;
        if (isDecimal)
            return Rational.FromDouble(double.Parse(literal, CultureInfo.InvariantCulture));
        if (_python && literal[0] == '0' && literal.ContainsAnyExcept('0'))
            return null;
        return Rational.FromInteger(BigInteger.Parse(literal, CultureInfo.InvariantCulture));
    }

    private void SkipDigits()
    {
        while (_position < _text.Length && char.IsAsciiDigit(_text[_position]))
            _position++;
    }

    // The very next character, without space before it.
    private bool Skip(char character)
    {
        bool found = _position < _text.Length && _text[_position] == character;
        _position += found ? 1 : 0;
        return found;
    }

    // The next character that is no space, at the position left behind; '\0' at the end.
    private char Peek()
    {
        while (_position < _text.Length && _text[_position] is ' ' or '\t' or '\f')
            _position++;
        return _position < _text.Length ? _text[_position] : '\0';
    }
}
