using System.Text;

namespace MLNetAttn.Pipelines;

/// <summary>One way to combine all given numbers, drawn at random: in each step two of the numbers at hand are replaced by the result of an
/// operation.</summary>
/// <remarks>A buffer that is drawn again and again, so that millions of attempts allocate nothing.</remarks>
internal sealed class CountdownAttempt(int numberCount, CountdownOptions options)
{
    // Reached only where hardly any combination obeys the limits, e.g. multiplication alone with large numbers.
    private const int MaximumRedraws = 60;

    private readonly char[] _signs = options.Signs;
    private readonly int _largestResult = options.LargestResult;
    private readonly Operand[] _atHand = new Operand[numberCount];
    private readonly Step[] _steps = new Step[numberCount - 1];

    /// <summary>What the attempt comes to.</summary>
    public int Result => _steps[^1].Result;

    /// <summary>Draws an attempt, uniformly among those whose steps obey the limits; false if none was found.</summary>
    /// <param name="numbers">The given numbers.</param>
    /// <param name="random">The source of chance.</param>
    /// <param name="start">Which of the numbers the first step begins with; null = any.</param>
    public bool TryDraw(ReadOnlySpan<int> numbers, ref SeededRandom random, int? start = null)
    {
        for (int redraw = 0; redraw < MaximumRedraws; redraw++)
        {
            for (int i = 0; i < numbers.Length; i++)
                _atHand[i] = new Operand(numbers[i], MadeBy: null);
            if (TryDrawSteps(ref random, start))
                return true;
        }
        return false;
    }

    /// <summary>Appends the steps, e.g. <c>7 + 5 = 12 ; 12 - 1 = 11</c>.</summary>
    public void AppendSteps(StringBuilder text)
    {
        for (int i = 0; i < _steps.Length; i++)
        {
            Step step = _steps[i];
            text.Append(i == 0 ? "" : " ; ").Append(step.Left.Value).Append(' ').Append(step.Sign).Append(' ').Append(step.Right.Value)
                .Append(" = ").Append(step.Result);
        }
    }

    /// <summary>Appends the attempt as one expression, e.g. <c>( 7 + 5 ) - 1</c>.</summary>
    public void AppendExpression(StringBuilder text) => AppendExpression(text, _steps[^1]);

    private bool TryDrawSteps(ref SeededRandom random, int? start)
    {
        for (int step = 0, count = _atHand.Length; step < _steps.Length; step++, count--)
        {
            Operand left = Take(step == 0 && start is { } given ? given : random.Next(count), count);
            Operand right = Take(random.Next(count - 1), count - 1);
            char sign = _signs[random.Next(_signs.Length)];
            if (Apply(left.Value, sign, right.Value) is not { } result || result > _largestResult)
                return false;
            _steps[step] = new Step(left, sign, right, (int)result);
            _atHand[count - 2] = new Operand((int)result, MadeBy: step);
        }
        return true;
    }

    // Moves the last operand into the gap: the order of what is at hand means nothing.
    private Operand Take(int index, int count)
    {
        Operand taken = _atHand[index];
        _atHand[index] = _atHand[count - 1];
        return taken;
    }

    // The rules of Stream of Search (arXiv 2404.03683): no negative differences, no remainders.
    private static long? Apply(long left, char sign, long right) => sign switch
    {
        '+' => left + right,
        '-' => left >= right ? left - right : null,
        '*' => left * right,
        _ => right != 0 && left % right == 0 ? left / right : null,
    };

    private void AppendExpression(StringBuilder text, Step step)
    {
        AppendOperand(text, step.Left);
        text.Append(' ').Append(step.Sign).Append(' ');
        AppendOperand(text, step.Right);
    }

    private void AppendOperand(StringBuilder text, Operand operand)
    {
        if (operand.MadeBy is not { } step)
        {
            text.Append(operand.Value);
            return;
        }
        text.Append("( ");
        AppendExpression(text, _steps[step]);
        text.Append(" )");
    }

    private readonly record struct Operand(int Value, int? MadeBy);

    private readonly record struct Step(Operand Left, char Sign, Operand Right, int Result);
}
